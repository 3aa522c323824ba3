using Fabric.Bench.Cni;
using Lab.Runner.Lifecycle;

namespace Fabric.Bench.Tests.Cni;

/// <summary>The benchmark on a real node: that it measures and cleans up, not what it measures.</summary>
[Collection(TestProgram.Servers)]
public sealed class CniBenchTests
{
    [Fact]
    public async Task Bench_measures_plugins_on_a_real_node_and_leaves_nothing()
    {
        var before = FabricLab.List();
        var namespaces = Namespaces();

        var report = await BenchRunner.RunAsync(new CniBench(Small()), TestProgram.Fabric, new Progress<string>(), TestContext.Current.CancellationToken);

        Assert.Superset(
            new HashSet<string>
            {
                "add_p50_ms", "add_p99_ms", "del_p50_ms", "bridge_add_p50_ms", "ptp_add_p50_ms", "bridge_del_p50_ms", "add_p50_12_ms", "add_cold_p50_ms",
                "add_step_veth_ms", "del_step_veth_ms", "burst_add_p99_ms", "burst_del_p99_ms", "agent_rss_mb", "agent_idle_cpu_percent",
            },
            report.Figures.Select(figure => figure.Name).ToHashSet());
        Assert.Equal(
            ["add_p50_vs_bridge", "del_p50_vs_bridge", "add_p50_vs_ptp", "del_p50_vs_ptp", "add_p50_12_vs_bridge", "add_p50_12_vs_3"], report.Ratios.Select(ratio => ratio.Name));
        Assert.All(report.Ratios, ratio => Assert.True(ratio.Value > 0));
        Assert.Equal(before, FabricLab.List());
        Assert.Equal(namespaces, Namespaces());
    }

    [Fact]
    public async Task A_bench_that_is_cancelled_leaves_nothing()
    {
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var before = FabricLab.List();
        var namespaces = Namespaces();
        var steps = new CancellingSteps(cancelling, "3 ADDs and DELs");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BenchRunner.RunAsync(new CniBench(Small()), TestProgram.Fabric, steps, cancelling.Token));

        Assert.Equal(before, FabricLab.List());
        Assert.Equal(namespaces, Namespaces());
    }

    [Theory]
    [InlineData(10, 5, 1, "--few 10 is more than --many 5")]
    [InlineData(10, 60_001, 1, "--many 60001: give at most 60000")]
    [InlineData(10, 10, 1001, "--burst 1001: give at most 1000")]
    [InlineData(10, 5000, 400, null)]
    public void Sizes_that_do_not_fit_are_refused(int few, int many, int burst, string? said) =>
        Assert.Equal(said, new CniOptions { Plugin = "", Few = few, Many = many, Burst = burst }.Check());

    [Fact]
    public void Steps_are_spread_over_all_requests_since_an_earlier_look()
    {
        static AgentFigures Figures(int requests, double veth, int cold, double nic) => AgentFigures.Parse(
            $$"""
            fabric_cni_step_duration_seconds_sum{command="ADD",step="rest"} 0
            fabric_cni_step_duration_seconds_count{command="ADD",step="rest"} {{requests}}
            fabric_cni_step_duration_seconds_sum{command="ADD",step="veth"} {{veth}}
            fabric_cni_step_duration_seconds_count{command="ADD",step="veth"} {{requests}}
            fabric_cni_step_duration_seconds_sum{command="ADD",step="nic"} {{nic}}
            fabric_cni_step_duration_seconds_count{command="ADD",step="nic"} {{cold}}

            """);

        var steps = Figures(14, 0.5, 3, 0.5).Since(Figures(10, 0.1, 1, 0.3), "ADD");

        Assert.Equal([("veth", 100), ("nic", 50), ("rest", 0)], steps.Select(each => (each.Step, Math.Round(each.Milliseconds, 6))));
    }

    private static CniOptions Small()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") is null, "needs root");
            Assert.Skip("needs root");
        }

        return new CniOptions { Plugin = TestProgram.Built("fabric-cni"), Count = 3, Few = 3, Some = 12, Many = 12, Burst = 5, Cold = 1, Idle = TimeSpan.FromSeconds(1) };
    }

    private static string[] Namespaces() =>
        Directory.Exists("/run/netns") ? [.. Directory.GetFiles("/run/netns", "fl*").Order(StringComparer.Ordinal)] : [];

    /// <summary>Cancels when a step begins.</summary>
    private sealed class CancellingSteps(CancellationTokenSource cancelling, string at) : IProgress<string>
    {
        public void Report(string value)
        {
            if (value.StartsWith(at, StringComparison.Ordinal))
                cancelling.Cancel();
        }
    }
}
