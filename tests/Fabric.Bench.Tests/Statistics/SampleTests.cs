using Fabric.Bench.Statistics;

namespace Fabric.Bench.Tests.Statistics;

public class SampleTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3)]
    [InlineData(new[] { 9.0, 1, 5 }, 5)]
    [InlineData(new[] { 4.0, 1, 2, 3 }, 2.5)]
    public void Median_is_the_middle_or_the_mean_of_the_two_in_the_middle(double[] values, double median) =>
        Assert.Equal(median, new Sample(values).Median);

    [Theory]
    [InlineData(0.99, 99)]
    [InlineData(0.07, 7)]
    [InlineData(0.001, 1)]
    [InlineData(0.5, 50)]
    [InlineData(0.505, 51)]
    [InlineData(1, 100)]
    public void Quantile_is_the_least_value_that_is_not_less_than_that_share(double share, double value) =>
        Assert.Equal(value, new Sample(Enumerable.Range(1, 100).Reverse().Select(i => (double)i)).Quantile(share));

    [Fact]
    public void Quantile_of_one_value_is_that_value() => Assert.Equal(7, new Sample([7]).Quantile(0.99));

    [Fact]
    public void Sample_does_not_change_what_it_was_made_of()
    {
        double[] values = [2, 1];
        _ = new Sample(values);
        Assert.Equal([2, 1], values);
    }

    [Fact]
    public void Sample_of_nothing_is_a_bug() => Assert.Throws<ArgumentException>(() => new Sample([]));

    [Theory]
    [InlineData(0)]
    [InlineData(1.01)]
    public void Quantile_of_no_share_is_a_bug(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sample([1]).Quantile(share));
}
