using Fabric.Bench.Qos;

namespace Fabric.Bench.Tests.Qos;

public sealed class ArrivalsTests
{
    [Fact]
    public void A_steady_rate_is_that_rate_in_every_second()
    {
        var arrivals = Of(200, _ => 12_500);
        Assert.Equal(10e6, arrivals.Rate, 1e-3);
        Assert.Equal(10e6, arrivals.MostInASecond, 1e-3);
    }

    [Fact]
    public void What_comes_at_once_shows_in_the_worst_second_and_not_in_the_rate_after_it()
    {
        // 12,500 bytes more in one span of the first second after the beginning.
        var arrivals = Of(300, bin => bin == 40 ? 25_000 : 12_500);
        Assert.Equal(10.1e6, arrivals.MostInASecond, 1e-3);
        Assert.Equal(10e6, arrivals.Rate, 1e-3);
    }

    private static Arrivals Of(int bins, Func<int, long> bytes) => new([.. Enumerable.Range(0, bins).Select(bin => new Arrivals.Bin(bytes(bin), 0.01))]);
}
