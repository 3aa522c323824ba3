using System.Diagnostics.Metrics;

namespace Fabric.Telemetry.Collection;

/// <summary>What Prometheus calls an instrument (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility").</summary>
internal static class MetricName
{
    internal static string Of(Instrument instrument, MetricKind kind)
    {
        var name = Sanitize(instrument.Name);
        var unit = UnitOf(instrument.Unit);
        if (unit.Length > 0 && !name.EndsWith("_" + unit, StringComparison.Ordinal))
        {
            name = $"{name}_{unit}";
        }

        return kind is MetricKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>The name with what Prometheus does not allow in it replaced.</summary>
    internal static string Sanitize(string name)
    {
        var text = string.Create(name.Length, name, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = char.IsAsciiLetterOrDigit(from[i]) ? from[i] : '_';
            }
        });
        return text.Length == 0 || char.IsAsciiDigit(text[0]) ? "_" + text : text;
    }

    // UCUM's codes as words; what stands in braces only says what is counted.
    private static string UnitOf(string? unit) => unit switch
    {
        null or "" or "1" => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        _ when unit.StartsWith('{') => "",
        _ => Sanitize(unit),
    };
}
