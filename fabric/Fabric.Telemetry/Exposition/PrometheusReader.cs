using System.Globalization;
using System.Text;

namespace Fabric.Telemetry.Exposition;

/// <summary>One line of Prometheus' text format.</summary>
/// <param name="Name">With <c>_bucket</c>, <c>_sum</c> and <c>_count</c> where it is a histogram's.</param>
/// <param name="Labels">The labels by name.</param>
/// <param name="Value">The value.</param>
public sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>The value of a label, empty where it has none.</summary>
    public string Label(string name) => Labels.GetValueOrDefault(name, "");
}

/// <summary>Reads Prometheus' text format 0.0.4, strictly: what a scraper would refuse is refused.</summary>
public static class PrometheusReader
{
    /// <summary>All samples, in their order; comments are passed over.</summary>
    /// <exception cref="FormatException">A line is none of the format; the message has it.</exception>
    public static IReadOnlyList<PrometheusSample> Read(string text)
    {
        if (text.Length > 0 && text[^1] != '\n')
        {
            throw new FormatException("the last line does not end");
        }

        return [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(ReadLine)];
    }

    private static PrometheusSample ReadLine(string line)
    {
        var end = line.AsSpan().IndexOfAny('{', ' ');
        if (end <= 0 || !IsName(line.AsSpan(0, end), colons: true))
        {
            throw Wrong(line);
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = end;
        if (line[at] == '{')
        {
            at = ReadLabels(line, at + 1, labels);
        }

        // A time may follow the value.
        var fields = line[at..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length is 1 or 2 && (fields.Length == 1 || long.TryParse(fields[1], CultureInfo.InvariantCulture, out _))
            ? new PrometheusSample(line[..end], labels, Number(fields[0], line))
            : throw Wrong(line);
    }

    /// <returns>Where the labels end.</returns>
    private static int ReadLabels(string line, int at, Dictionary<string, string> labels)
    {
        while (at < line.Length && line[at] != '}')
        {
            var equals = line.IndexOf("=\"", at, StringComparison.Ordinal);
            if (equals < 0 || !IsName(line.AsSpan(at, equals - at), colons: false))
            {
                throw Wrong(line);
            }

            var value = new StringBuilder();
            var position = equals + 2;
            while (position < line.Length && line[position] != '"')
            {
                value.Append(line[position] == '\\' ? Unescape(line, ++position) : line[position]);
                position++;
            }

            if (position >= line.Length || !labels.TryAdd(line[at..equals], value.ToString()))
            {
                throw Wrong(line);
            }

            at = position + 1;
            if (at < line.Length && line[at] == ',')
            {
                at++;
            }
            else if (at >= line.Length || line[at] != '}')
            {
                throw Wrong(line);
            }
        }

        return at < line.Length ? at + 1 : throw Wrong(line);
    }

    private static char Unescape(string line, int position) => position >= line.Length ? throw Wrong(line) : line[position] switch
    {
        '\\' => '\\',
        '"' => '"',
        'n' => '\n',
        _ => throw Wrong(line),
    };

    private static bool IsName(ReadOnlySpan<char> text, bool colons)
    {
        if (text.IsEmpty || char.IsAsciiDigit(text[0]))
        {
            return false;
        }

        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character != '_' && !(colons && character == ':'))
            {
                return false;
            }
        }

        return true;
    }

    private static double Number(string text, string line) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Wrong(line),
    };

    private static FormatException Wrong(string line) => new($"no line of Prometheus' text format: {line}");
}
