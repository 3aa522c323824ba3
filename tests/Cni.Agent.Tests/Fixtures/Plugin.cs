using System.Diagnostics;
using System.Text.Json;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>The native plugin, run as libcni runs it: variables, the configuration on standard input, the answer on standard output.</summary>
internal sealed class Plugin(string agentSocket)
{
    public string Version { get; init; } = "1.0.0";

    public string Network { get; init; } = "fabric";

    /// <summary>Runs one command.</summary>
    /// <param name="command">CNI_COMMAND.</param>
    /// <param name="sandbox">The container.</param>
    /// <param name="more">Members beside the ordinary ones of the configuration.</param>
    public async Task<PluginAnswer> RunAsync(string command, Sandbox sandbox, params (string Name, JsonElement Value)[] more)
    {
        var start = new ProcessStartInfo(Binary()) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_CONTAINERID"] = sandbox.ContainerId;
        start.Environment["CNI_NETNS"] = sandbox.NetnsPath;
        start.Environment["CNI_IFNAME"] = sandbox.Interface;
        start.Environment["CNI_ARGS"] = sandbox.Arguments;
        start.Environment["CNI_PATH"] = Path.GetDirectoryName(Binary());

        using var process = Process.Start(start)!;
        await using (var json = new Utf8JsonWriter(process.StandardInput.BaseStream))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", Version);
            json.WriteString("name", Network);
            json.WriteString("type", "fabric-cni");
            json.WriteString("socket", agentSocket);
            foreach (var (name, value) in more)
            {
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new PluginAnswer(process.ExitCode, output);
    }

    internal static string Binary()
    {
        var binary = ApiFixture.RepositoryPath("artifacts", "bin", "fabric-cni");
        if (!File.Exists(binary))
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") is null, $"{binary} is not built: run deploy/build.sh");
            Assert.Skip("artifacts/bin/fabric-cni is not built: run deploy/build.sh");
        }

        return binary;
    }
}

/// <summary>How the plugin ended and what it printed.</summary>
internal sealed record PluginAnswer(int ExitCode, string Output)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public int Code => Json.GetProperty("code").GetInt32();

    public string Message => Json.GetProperty("msg").GetString()!;

    public string Details => Json.TryGetProperty("details", out var details) ? details.GetString()! : "";
}
