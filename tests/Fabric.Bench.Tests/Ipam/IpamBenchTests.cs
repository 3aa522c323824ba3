using Fabric.Bench.Ipam;

namespace Fabric.Bench.Tests.Ipam;

/// <summary>The benchmark on real servers: that it measures and cleans up, not what it measures.</summary>
[Collection(TestProgram.Servers)]
public sealed class IpamBenchTests
{
    private static readonly IpamOptions Small = new() { Clients = 4, Count = 8, Repetitions = 1, Few = 8, Many = 200 };

    [Fact]
    public async Task Bench_measures_a_real_control_plane_and_leaves_nothing()
    {
        TestProgram.RequireOvsdb();
        var steps = new Steps();

        var report = await BenchRunner.RunAsync(new IpamBench(Small), TestProgram.Fabric, steps, TestContext.Current.CancellationToken);

        Assert.All(report.Figures, figure => Assert.True(double.IsFinite(figure.Value), figure.Name));
        Assert.Superset(
            new HashSet<string>
            {
                "alloc_per_second", "alloc_p50_ms", "alloc_p99_ms", "raw_creates_per_second", "raw_create_p99_ms", "alloc_per_second_200", "alloc_last_of_25_ms",
                "requests_per_alloc", "free_addresses_8_mb",
            },
            report.Figures.Select(figure => figure.Name).ToHashSet());
        Assert.Contains(report.Ratios, ratio => ratio.Name == "alloc_200_vs_8");
        steps.AssertNothingLeft();
    }

    [Fact]
    public async Task Bench_that_is_interrupted_leaves_nothing()
    {
        TestProgram.RequireOvsdb();
        using var interrupt = new CancellationTokenSource();
        var steps = new Steps(at: "warming", interrupt.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => BenchRunner.RunAsync(new IpamBench(Small), TestProgram.Fabric, steps, interrupt.Token));

        steps.AssertNothingLeft();
    }

    [Fact]
    public void Many_that_are_not_more_than_few_are_refused() =>
        Assert.Equal("--many 133 must be more than --few 5 by more than 128", new IpamOptions { Few = 5, Many = 133 }.Check());
}
