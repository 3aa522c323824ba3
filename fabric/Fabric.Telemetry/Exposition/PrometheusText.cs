using System.Globalization;
using System.Text;
using Fabric.Telemetry.Collection;

namespace Fabric.Telemetry.Exposition;

/// <summary>
/// Prometheus' text format, version 0.0.4: a line for each value, after the help and the type of its metric
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
/// </summary>
public static class PrometheusText
{
    /// <summary>The media type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes metrics, each of which has a name of its own.</summary>
    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families)
        {
            text.Append("# HELP ").Append(family.Name).Append(' ');
            Escape(text, family.Help, quotes: false);
            text.Append("\n# TYPE ").Append(family.Name).Append(' ').Append(Word(family.Kind)).Append('\n');
            foreach (var series in family.Series)
            {
                if (series.Histogram is { } histogram)
                {
                    WriteHistogram(text, family.Name, series, histogram);
                }
                else
                {
                    WriteLine(text, family.Name, series.Labels, null, Number(series.Value));
                }
            }
        }

        return text.ToString();
    }

    private static void WriteHistogram(StringBuilder text, string name, MetricSeries series, HistogramCounts counts)
    {
        for (var i = 0; i < counts.Bounds.Count; i++)
        {
            WriteLine(text, name + "_bucket", series.Labels, Number(counts.Bounds[i]), Number(counts.Cumulative[i]));
        }

        WriteLine(text, name + "_bucket", series.Labels, "+Inf", Number(counts.Count));
        WriteLine(text, name + "_sum", series.Labels, null, Number(series.Value));
        WriteLine(text, name + "_count", series.Labels, null, Number(counts.Count));
    }

    private static void WriteLine(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, string>> labels, string? bound, string value)
    {
        text.Append(name);
        var separator = '{';
        foreach (var (label, content) in labels)
        {
            text.Append(separator).Append(label).Append("=\"");
            Escape(text, content, quotes: true);
            text.Append('"');
            separator = ',';
        }

        if (bound is not null)
        {
            text.Append(separator).Append("le=\"").Append(bound).Append('"');
            separator = ',';
        }

        text.Append(separator is ',' ? "} " : " ").Append(value).Append('\n');
    }

    private static void Escape(StringBuilder text, string content, bool quotes)
    {
        foreach (var character in content)
        {
            _ = character switch
            {
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '"' when quotes => text.Append("\\\""),
                _ => text.Append(character),
            };
        }
    }

    private static string Word(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        _ => "histogram",
    };

    // As Go writes and reads numbers.
    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsInfinity(value) ? value > 0 ? "+Inf" : "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
