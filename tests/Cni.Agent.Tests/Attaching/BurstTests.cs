using System.Diagnostics;
using System.Globalization;
using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Node.Testing;

namespace Cni.Agent.Tests.Attaching;

/// <summary>A node that is given all its pods at once.</summary>
public sealed class BurstTests(NodeFixture node)
{
    private const int Pods = 120;

    // What the issue of a whole node's worth of pods allows, in kB; and more threads than processors and a container each would be a leak.
    private const long MostMemory = 250 * 1024;
    private const long MostThreads = 100;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_pods_of_a_node_are_attached_at_once_within_bounded_memory_and_threads_and_go_at_once(bool scheduled)
    {
        var pods = int.Parse(Environment.GetEnvironmentVariable("FABRIC_TEST_BURST") ?? $"{Pods}", CultureInfo.InvariantCulture);
        var workloads = await node.CreateWorkloadsAsync(pods, scheduled, Cancelled);

        var added = await AtOnceAsync("ADD", workloads);

        Assert.All(added, answer => Assert.True(answer.ExitCode == 0, answer.Output));
        Assert.InRange(StatusOf("VmHWM"), 0, MostMemory);
        Assert.InRange(StatusOf("Threads"), 0, MostThreads);
        workloads[0].Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", workloads[^1].Address.Address.ToString());
        var deleted = await AtOnceAsync("DEL", workloads);
        Assert.All(deleted, answer => Assert.True(answer.ExitCode == 0, answer.Output));
        foreach (var workload in workloads)
        {
            await node.Api.DeletePodAsync(workload.Pod, Cancelled);
            workload.Dispose();
        }

        await Eventually.HoldsAsync(() => node.Agent.Journal.Length == 0, TimeSpan.FromSeconds(60));
        await Eventually.HoldsAsync(() => node.Switch.Switch("list-ports", "br-int").Split('\n').All(port => !port.StartsWith("ov", StringComparison.Ordinal)), TimeSpan.FromSeconds(60));
        using var here = NetnsScope.OpenSocket();
        Assert.DoesNotContain(here.GetLinks(), link => link.Name.StartsWith("fb", StringComparison.Ordinal));
    }

    /// <summary>Calls the plugin for all, and says in the test's output how long they took.</summary>
    private async Task<PluginAnswer[]> AtOnceAsync(string command, IReadOnlyList<Workload> workloads)
    {
        var times = new TimeSpan[workloads.Count];
        var started = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(workloads.Select((workload, number) => Task.Run(async () =>
        {
            var began = Stopwatch.GetTimestamp();
            var answer = await node.Plugin.RunAsync(command, workload.Sandbox);
            times[number] = Stopwatch.GetElapsedTime(began);
            return answer;
        })));
        Array.Sort(times);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{workloads.Count} {command} at once: all in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.00} s, p50 {times[times.Length / 2].TotalMilliseconds:0} ms, p99 {times[times.Length * 99 / 100].TotalMilliseconds:0} ms, {StatusOf("VmRSS") / 1024} MB, {StatusOf("Threads")} threads");
        return answers;
    }

    private long StatusOf(string field) => long.Parse(
        File.ReadLines($"/proc/{node.Agent.Pid}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
