using System.Diagnostics;
using Fabric.Bench.Nics;
using Lab.Runner.Processes;

namespace Fabric.Bench.Cni;

/// <summary>What a runtime calls a plugin for.</summary>
/// <param name="Container">CNI_CONTAINERID.</param>
/// <param name="Netns">CNI_NETNS.</param>
/// <param name="Pod">The pod, which Debian's plugins pay no heed to.</param>
/// <param name="PodUid">Its uid.</param>
internal sealed record PluginTarget(string Container, string Netns, string Pod, string PodUid);

/// <summary>Calls plugins as runtimes do: an executable, <c>CNI_*</c> variables, the configuration on standard input.</summary>
/// <param name="node">The thread in the node's namespace, in which a plugin finds the node's devices.</param>
internal sealed class PluginCall(NamespaceThread node)
{
    /// <summary>Calls one and waits for its end, with nothing else going on in this process.</summary>
    /// <returns>From before it was started until it had ended, in milliseconds.</returns>
    /// <exception cref="BenchException">It refused or failed.</exception>
    internal Task<double> TimeAsync(PluginKind plugin, string command, PluginTarget target) => node.RunAsync(() =>
    {
        var began = Stopwatch.GetTimestamp();
        using var process = Start(plugin, command, target);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        return process.ExitCode == 0 ? elapsed : throw Failed(plugin, command, target, output);
    });

    /// <summary>Starts one call for each target as fast as processes can be started, and waits for all.</summary>
    /// <returns>How long each took, in milliseconds.</returns>
    /// <exception cref="BenchException">One of them refused or failed.</exception>
    internal async Task<double[]> TimeTogetherAsync(PluginKind plugin, string command, IReadOnlyList<PluginTarget> targets, CancellationToken cancellationToken)
    {
        var running = new List<Task<double>>(targets.Count);
        foreach (var target in targets)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var began = Stopwatch.GetTimestamp();
            var process = await node.RunAsync(() => Start(plugin, command, target));
            running.Add(FinishAsync(process, began, plugin, command, target));
        }

        // All are waited for also when one fails, so that none outlives its sandbox.
        return await Task.WhenAll(running);
    }

    private static async Task<double> FinishAsync(Process process, long began, PluginKind plugin, string command, PluginTarget target)
    {
        using (process)
        {
            var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            await process.WaitForExitAsync(CancellationToken.None);
            var elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            return process.ExitCode == 0 ? elapsed : throw Failed(plugin, command, target, output);
        }
    }

    private static Process Start(PluginKind plugin, string command, PluginTarget target)
    {
        var start = new ProcessStartInfo(plugin.Program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_CONTAINERID"] = target.Container;
        start.Environment["CNI_NETNS"] = target.Netns;
        start.Environment["CNI_IFNAME"] = NicOwners.Device;
        start.Environment["CNI_ARGS"] =
            $"IgnoreUnknown=1;K8S_POD_NAMESPACE={CniNetwork.Namespace};K8S_POD_NAME={target.Pod};K8S_POD_INFRA_CONTAINER_ID={target.Container};K8S_POD_UID={target.PodUid}";
        start.Environment["CNI_PATH"] = PluginKind.Folder;
        var process = Process.Start(start) ?? throw new BenchException($"{plugin.Program} does not start");
        process.StandardInput.Write(plugin.Config);
        process.StandardInput.Close();
        return process;
    }

    private static BenchException Failed(PluginKind plugin, string command, PluginTarget target, string output) =>
        new($"{command} of {Path.GetFileName(plugin.Program)} for {target.Container} failed: {output.ReplaceLineEndings(" ").Trim()}");
}
