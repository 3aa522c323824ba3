using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Fabric.Telemetry.Collection;

/// <summary>What one instrument has measured so far, by its tags.</summary>
internal sealed class InstrumentTotals
{
    // What OpenTelemetry's SDK takes when an instrument advises nothing: milliseconds from 0 to 10 s.
    private static readonly double[] DefaultBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly ConcurrentDictionary<LabelSet, SeriesTotals> _series = new();
    private readonly Instrument _instrument;
    private readonly double[] _bounds;
    private readonly MetricKind _kind;

    internal InstrumentTotals(Instrument instrument)
    {
        _instrument = instrument;
        _kind = KindOf(instrument);
        _bounds = _kind is MetricKind.Histogram ? BoundsOf(instrument) : [];
        Name = MetricName.Of(instrument, _kind);
    }

    internal string Name { get; }

    /// <summary>Whether the instrument tells its whole value when asked, rather than each change.</summary>
    internal bool IsObserved => _instrument.IsObservable;

    internal void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _series.GetOrAdd(LabelSet.Of(tags), static (_, bounds) => new SeriesTotals(bounds), _bounds);
        if (IsObserved || IsLastValue(_instrument))
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    /// <summary>Forgets all series: what an observed instrument no longer tells of is no more.</summary>
    internal void Forget() => _series.Clear();

    internal MetricFamily Read() => new(
        Name,
        _instrument.Description ?? "",
        _kind,
        [
            .. _series.OrderBy(pair => pair.Key.Text, StringComparer.Ordinal)
                .Select(pair => pair.Value.Read(pair.Key.Labels, _kind is MetricKind.Histogram)),
        ]);

    private static MetricKind KindOf(Instrument instrument) => Shape(instrument) switch
    {
        "Histogram`1" => MetricKind.Histogram,
        "Counter`1" or "ObservableCounter`1" => MetricKind.Counter,
        _ => MetricKind.Gauge,
    };

    private static bool IsLastValue(Instrument instrument) => Shape(instrument) is "Gauge`1";

    // The class library has no common base for counters of different numbers, and no property that tells.
    private static string Shape(Instrument instrument) => instrument.GetType().Name;

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => DefaultBounds,
    };
}
