using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Fabric.Telemetry.Collection;

/// <summary>Adds up what the instruments of some meters measure, for whoever reads; nothing is sent anywhere.</summary>
public sealed class MetricsCollector : IDisposable
{
    private readonly ConcurrentDictionary<Instrument, InstrumentTotals> _totals = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _collecting = new();

    /// <param name="covers">Which meters are listened to, those made later too.</param>
    public MetricsCollector(Func<Meter, bool> covers)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (covers(instrument.Meter))
            {
                listener.EnableMeasurementEvents(instrument, _totals.GetOrAdd(instrument, each => new InstrumentTotals(each)));
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) => _totals.TryRemove(instrument, out InstrumentTotals? _);
        _listener.SetMeasurementEventCallback<int>((_, value, tags, totals) => Measure(totals, value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, totals) => Measure(totals, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, totals) => Measure(totals, value, tags));
        _listener.Start();
    }

    /// <summary>What there is now, sorted by name.</summary>
    public IReadOnlyList<MetricFamily> Collect()
    {
        lock (_collecting)
        {
            foreach (var totals in _totals.Values.Where(each => each.IsObserved))
            {
                totals.Forget();
            }

            _listener.RecordObservableInstruments();
            return [.. _totals.Values.Select(each => each.Read()).Where(family => family.Series.Count > 0).OrderBy(family => family.Name, StringComparer.Ordinal)];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static void Measure(object? totals, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((InstrumentTotals)totals!).Add(value, tags);
}
