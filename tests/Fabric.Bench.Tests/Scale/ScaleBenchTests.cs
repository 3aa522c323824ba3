using Fabric.Bench.Scale;

namespace Fabric.Bench.Tests.Scale;

/// <summary>The benchmark on real servers: that it measures and cleans up, not what it measures.</summary>
[Collection(TestProgram.Servers)]
public sealed class ScaleBenchTests
{
    private static readonly ScaleOptions Small = new() { Nics = 30, Subnets = 3, Nodes = 4, Changes = 5, Repetitions = 1 };

    [Fact]
    public async Task Bench_measures_a_real_control_plane_and_leaves_nothing()
    {
        TestProgram.RequireOvsdb();
        var steps = new Steps();

        var report = await BenchRunner.RunAsync(new ScaleBench(Small), TestProgram.Fabric, steps, TestContext.Current.CancellationToken);

        Assert.Superset(
            new HashSet<string> { "northbound_txn_per_1000_nics", "restart_to_serving_seconds", "server_rss_mb", "watch_p50_ms", "watch_p99_ms" },
            report.Figures.Select(figure => figure.Name).ToHashSet());
        Assert.Equal(0, report.Figures.Single(figure => figure.Name == "watch_events_elsewhere").Value);
        steps.AssertNothingLeft();
    }

    [Theory]
    [InlineData(240, 1, null)]
    [InlineData(241, 1, "--nics 241 do not fit into --subnets 1: one has room for 240")]
    [InlineData(1, 65_536, "--subnets 65536: give at most 65535")]
    public void Sizes_that_do_not_fit_are_refused(int nics, int subnets, string? said) =>
        Assert.Equal(said, new ScaleOptions { Nics = nics, Subnets = subnets }.Check());
}
