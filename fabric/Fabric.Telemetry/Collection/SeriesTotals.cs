namespace Fabric.Telemetry.Collection;

/// <summary>One series; measured by many threads, read by one.</summary>
/// <param name="bounds">Of a histogram, rising; empty for other kinds.</param>
internal sealed class SeriesTotals(double[] bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _buckets = new long[bounds.Length + 1];
    private double _value;

    internal void Add(double value)
    {
        var place = Array.BinarySearch(bounds, value);
        lock (_lock)
        {
            // A bound belongs to its own bucket: le, less or equal.
            _buckets[place >= 0 ? place : ~place]++;
            _value += value;
        }
    }

    internal void Set(double value)
    {
        lock (_lock)
        {
            _value = value;
        }
    }

    internal MetricSeries Read(IReadOnlyList<KeyValuePair<string, string>> labels, bool histogram)
    {
        lock (_lock)
        {
            if (!histogram)
            {
                return new MetricSeries(labels, _value, null);
            }

            var cumulative = new long[bounds.Length];
            var sum = 0L;
            for (var i = 0; i < bounds.Length; i++)
            {
                cumulative[i] = sum += _buckets[i];
            }

            return new MetricSeries(labels, _value, new HistogramCounts(bounds, cumulative, sum + _buckets[^1]));
        }
    }
}
