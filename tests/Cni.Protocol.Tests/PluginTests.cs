using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Cni.Protocol.Tests;

/// <summary>The built plugin, called as a runtime calls it.</summary>
public sealed class PluginTests
{
    [Theory]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    [InlineData("2.0.0")]
    public async Task VERSION_is_answered_in_the_version_asked_in_without_an_agent(string version)
    {
        var (exitCode, answer) = await CallAsync($$"""{"cniVersion":"{{version}}"}""", ("CNI_COMMAND", "VERSION"));
        Assert.Equal(0, exitCode);
        Assert.Equal(version, answer.GetProperty("cniVersion").GetString());
        Assert.Equal(CniVersions.Supported, answer.GetProperty("supportedVersions").EnumerateArray().Select(each => each.GetString()!));
    }

    [Theory]
    [InlineData("ADD", "CNI_CONTAINERID", 4)]
    [InlineData("ADD", "CNI_NETNS", 4)]
    [InlineData("DEL", "CNI_IFNAME", 4)]
    [InlineData("FROB", "", 4)]
    public async Task Missing_or_wrong_variable_is_named(string command, string without, int code)
    {
        var variables = Variables(command).Where(each => each.Name != without).ToArray();
        var (exitCode, answer) = await CallAsync("""{"cniVersion":"1.0.0","socket":"/none"}""", variables);
        Assert.Equal(1, exitCode);
        Assert.Equal(code, answer.GetProperty("code").GetInt32());
        Assert.Contains(without.Length > 0 ? without : "CNI_COMMAND", answer.GetProperty("msg").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", 6)]
    [InlineData("[]", 6)]
    [InlineData("{}", 1)]
    [InlineData("""{"cniVersion":null}""", 1)]
    [InlineData("""{"cniVersion":"1.0.0"}""", 7)]
    public async Task Wrong_configuration_is_refused(string config, int code)
    {
        var (exitCode, answer) = await CallAsync(config, Variables("ADD"));
        Assert.Equal(1, exitCode);
        Assert.Equal(code, answer.GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task All_missing_variables_are_named_at_once()
    {
        var (_, answer) = await CallAsync("""{"cniVersion":"1.0.0","socket":"/none"}""", ("CNI_COMMAND", "CHECK"));
        Assert.Equal("missing: CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME", answer.GetProperty("msg").GetString());
    }

    [Theory]
    [InlineData("ADD", CniErrorCode.TryAgainLater)]
    [InlineData("DEL", CniErrorCode.TryAgainLater)]
    [InlineData("GC", CniErrorCode.TryAgainLater)]
    [InlineData("STATUS", CniErrorCode.NotAvailable)]
    public async Task Agent_that_is_away_is_said_with_the_code_of_the_command(string command, int code)
    {
        var (exitCode, answer) = await CallAsync("""{"cniVersion":"1.1.0","socket":"/nowhere/agent.sock"}""", Variables(command));
        Assert.Equal(1, exitCode);
        Assert.Equal(code, answer.GetProperty("code").GetInt32());
        Assert.Contains("fabric agent", answer.GetProperty("details").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_and_answer_pass_unchanged()
    {
        var folder = Directory.CreateTempSubdirectory("fabric-cni-");
        try
        {
            var path = Path.Combine(folder.FullName, "agent.sock");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            var agent = AnswerOnceAsync(listener, """{"exitCode":0,"output":{"cniVersion":"1.0.0","ips":[]}}""" + "\n");

            var (exitCode, answer) = await CallAsync(
                JsonSerializer.Serialize(new NetworkConfig { CniVersion = "1.0.0", Name = "n", Socket = path }, CniJson.Default.NetworkConfig),
                [.. Variables("ADD"), ("CNI_ARGS", "K8S_POD_NAME=a")]);

            Assert.Equal(0, exitCode);
            Assert.Equal(0, answer.GetProperty("ips").GetArrayLength());
            var request = CniRequest.Parse(Encoding.UTF8.GetBytes(await agent));
            Assert.Equal(("ADD", "c1", "/proc/1/ns/net", "eth0", "K8S_POD_NAME=a"), (request.Command, request.ContainerId, request.Netns, request.Ifname, request.Args));
            Assert.Equal("n", request.Config.Name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> AnswerOnceAsync(Socket listener, string answer)
    {
        using var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(connection);
        using var reader = new StreamReader(stream, leaveOpen: true);
        var request = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), TestContext.Current.CancellationToken);
        return request!;
    }

    private static (string Name, string Value)[] Variables(string command) =>
        [("CNI_COMMAND", command), ("CNI_CONTAINERID", "c1"), ("CNI_NETNS", "/proc/1/ns/net"), ("CNI_IFNAME", "eth0"), ("CNI_PATH", "/opt/cni/bin")];

    private static async Task<(int ExitCode, JsonElement Answer)> CallAsync(string config, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(Binary()) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(config);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, JsonDocument.Parse(output).RootElement);
    }

    private static string Binary()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder.TrimEnd('/')))
        {
            var binary = Path.Combine(folder, "artifacts", "bin", "fabric-cni");
            if (File.Exists(binary))
            {
                return binary;
            }
        }

        Assert.Skip("artifacts/bin/fabric-cni is not built: run deploy/build.sh");
        return "";
    }
}
