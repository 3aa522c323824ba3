using System.Diagnostics.Metrics;
using Fabric.Telemetry.Collection;

namespace Fabric.Telemetry.Tests.Collection;

public sealed class MetricsCollectorTests : IDisposable
{
    private readonly Meter _meter = new("fabric.test");
    private readonly MetricsCollector _collector;

    public MetricsCollectorTests() => _collector = new MetricsCollector(meter => meter == _meter);

    [Fact]
    public void A_counter_adds_up_by_its_tags_whatever_their_order()
    {
        var counter = _meter.CreateCounter<long>("fabric.test.requests", "{request}", "Requests.");
        counter.Add(2, new("verb", "get"), new("code", 200));
        counter.Add(3, new("code", 200), new KeyValuePair<string, object?>("verb", "get"));
        counter.Add(1, new("verb", "get"), new("code", 404));

        var family = Assert.Single(_collector.Collect());

        Assert.Equal(("fabric_test_requests_total", "Requests.", MetricKind.Counter), (family.Name, family.Help, family.Kind));
        Assert.Equal([5, 1], family.Series.Select(series => series.Value));
        Assert.Equal([new("code", "200"), new("verb", "get")], family.Series[0].Labels);
    }

    [Fact]
    public void A_histogram_counts_a_value_in_the_bucket_of_its_own_bound()
    {
        var histogram = _meter.CreateHistogram(
            "fabric.test.duration", "s", "Durations.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in (double[])[0.05, 0.1, 0.5, 1, 7])
            histogram.Record(value);

        var family = Assert.Single(_collector.Collect());

        Assert.Equal("fabric_test_duration_seconds", family.Name);
        var series = Assert.Single(family.Series);
        Assert.Equal(8.65, series.Value, 9);
        Assert.Equal([2, 4], series.Histogram!.Cumulative);
        Assert.Equal(5, series.Histogram.Count);
    }

    [Fact]
    public void An_observed_gauge_is_asked_at_each_collection_and_forgets_what_it_no_longer_tells()
    {
        var entries = new Dictionary<string, int> { ["peers"] = 3, ["stats"] = 4 };
        _meter.CreateObservableGauge("fabric.test.entries", () => entries.Select(pair => new Measurement<int>(pair.Value, new KeyValuePair<string, object?>("map", pair.Key))));
        Assert.Equal([3, 4], Assert.Single(_collector.Collect()).Series.Select(series => series.Value));

        entries.Remove("peers");
        entries["stats"] = 2;

        var series = Assert.Single(Assert.Single(_collector.Collect()).Series);
        Assert.Equal("stats", series.Labels[0].Value);
        Assert.Equal(2, series.Value);
    }

    [Fact]
    public void Meters_that_are_not_covered_are_not_heard()
    {
        using var other = new Meter("fabric.test");
        other.CreateCounter<int>("fabric.test.other").Add(1);
        Assert.Empty(_collector.Collect());
    }

    [Fact]
    public async Task Nothing_is_lost_when_many_threads_count_at_once()
    {
        var counter = _meter.CreateCounter<int>("fabric.test.many");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
                counter.Add(1);
        })));

        Assert.Equal(40_000, Assert.Single(_collector.Collect()).Series[0].Value);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }
}
