namespace Fabric.Telemetry.Collection;

/// <summary>What a metric is, in the words of Prometheus.</summary>
public enum MetricKind
{
    /// <summary>It only grows.</summary>
    Counter = 0,

    /// <summary>It goes up and down.</summary>
    Gauge = 1,

    /// <summary>Values counted by size.</summary>
    Histogram = 2,
}

/// <summary>All series of one metric.</summary>
/// <param name="Name">As Prometheus names it, with its unit.</param>
/// <param name="Help">What it is, for people.</param>
/// <param name="Kind">Counter, gauge or histogram.</param>
/// <param name="Series">The series, sorted by their labels.</param>
public sealed record MetricFamily(string Name, string Help, MetricKind Kind, IReadOnlyList<MetricSeries> Series);

/// <summary>One series of a metric.</summary>
/// <param name="Labels">Names and values, sorted by name.</param>
/// <param name="Value">The value; of a histogram the sum of what was measured.</param>
/// <param name="Histogram">How often values of which size were measured; null for other kinds.</param>
public sealed record MetricSeries(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, HistogramCounts? Histogram);

/// <summary>The counts of a histogram.</summary>
/// <param name="Bounds">The upper bounds of the buckets, rising; what is above the last is only in <paramref name="Count"/>.</param>
/// <param name="Cumulative">How many values were at most as large as the bound at the same place.</param>
/// <param name="Count">How many values there were in all.</param>
public sealed record HistogramCounts(IReadOnlyList<double> Bounds, IReadOnlyList<long> Cumulative, long Count);
