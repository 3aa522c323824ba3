using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>A network of several plugins, run one after the other as libcni does (CNI SPEC, section 3).</summary>
/// <param name="version">The configuration's version.</param>
/// <param name="plugins">The plugins' own configurations; <c>type</c> is fabric-cni, or one of Debian's.</param>
internal sealed class PluginChain(string version, params JsonObject[] plugins)
{
    private const string DebianPlugins = "/usr/lib/cni";

    private JsonElement? _result;

    /// <summary>The result of the last plugin.</summary>
    public JsonElement Result => _result ?? throw new InvalidOperationException("nothing was added");

    /// <returns>The answer of the last plugin, or of the first that failed.</returns>
    public async Task<PluginAnswer> AddAsync(Sandbox sandbox)
    {
        PluginAnswer? answer = null;
        foreach (var plugin in plugins)
        {
            answer = await RunAsync("ADD", plugin, sandbox, answer?.Json);
            if (answer.ExitCode != 0)
                return answer;
        }

        _result = answer!.Json;
        return answer;
    }

    /// <param name="sandbox">The container.</param>
    /// <param name="except">Types of plugins that are not asked.</param>
    public Task<PluginAnswer[]> CheckAsync(Sandbox sandbox, params string[] except) =>
        RunAllAsync("CHECK", plugins.Where(plugin => !except.Contains(plugin["type"]!.GetValue<string>())), sandbox);

    public Task<PluginAnswer[]> DeleteAsync(Sandbox sandbox) => RunAllAsync("DEL", plugins.Reverse(), sandbox);

    private async Task<PluginAnswer[]> RunAllAsync(string command, IEnumerable<JsonObject> ordered, Sandbox sandbox)
    {
        var answers = new List<PluginAnswer>();
        foreach (var plugin in ordered)
            answers.Add(await RunAsync(command, plugin, sandbox, _result));
        return [.. answers];
    }

    private async Task<PluginAnswer> RunAsync(string command, JsonObject plugin, Sandbox sandbox, JsonElement? previous)
    {
        var type = plugin["type"]!.GetValue<string>();
        var binary = type == "fabric-cni" ? Plugin.Binary() : Path.Combine(DebianPlugins, type);
        var config = plugin.DeepClone().AsObject();
        config["cniVersion"] = version;
        config["name"] = "chained";
        if (previous is { } result)
            config["prevResult"] = JsonNode.Parse(result.GetRawText());

        var start = new ProcessStartInfo(binary) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_CONTAINERID"] = sandbox.ContainerId;
        start.Environment["CNI_NETNS"] = sandbox.NetnsPath;
        start.Environment["CNI_IFNAME"] = sandbox.Interface;
        start.Environment["CNI_ARGS"] = sandbox.Arguments;
        start.Environment["CNI_PATH"] = DebianPlugins;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(config.ToJsonString());
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new PluginAnswer(process.ExitCode, output);
    }
}
