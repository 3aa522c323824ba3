using System.Text;
using System.Text.Json;

namespace Fabric.Bench.Reporting;

/// <summary>A report as one JSON object, for programs: <c>figures</c> and <c>ratios</c> are numbers by name.</summary>
public static class ReportJson
{
    // What is beyond this was not measured.
    private const int Decimals = 4;

    /// <summary>Writes the report, indented.</summary>
    public static string Write(BenchReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("benchmark", report.Benchmark);
            json.WriteString("started", report.Started.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
            WriteNumber(json, "seconds", report.Duration.TotalSeconds);
            WriteObject(json, "parameters", report.Parameters, (name, value) => json.WriteString(name, value));
            WriteMachine(json, report);
            WriteObject(json, "figures", report.Figures.ToDictionary(figure => figure.Name, figure => figure.Value), (name, value) => WriteNumber(json, name, value));
            WriteObject(json, "ratios", report.Ratios.ToDictionary(ratio => ratio.Name, ratio => ratio.Value), (name, value) => WriteNumber(json, name, value));
            WriteObject(json, "units", report.Figures.ToDictionary(figure => figure.Name, figure => figure.Unit), (name, value) => json.WriteString(name, value));
            WriteObject(
                json, "repetitions", report.Figures.Where(figure => figure.Repetitions.Count > 0).ToDictionary(figure => figure.Name, figure => figure.Repetitions),
                (name, values) => WriteNumbers(json, name, values));
            json.WriteStartArray("notes");
            foreach (var note in report.Notes)
            {
                json.WriteStringValue(note);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteMachine(Utf8JsonWriter json, BenchReport report)
    {
        var machine = report.Machine;
        json.WriteStartObject("machine");
        json.WriteNumber("cores", machine.Cores);
        json.WriteString("processor", machine.Processor);
        json.WriteNumber("memory_bytes", machine.MemoryBytes);
        json.WriteString("kernel", machine.Kernel);
        json.WriteString("runtime", machine.Runtime);
        WriteNumbers(json, "load_at_start", machine.LoadAtStart.Values);
        WriteNumbers(json, "load_at_end", report.LoadAtEnd.Values);
        json.WriteEndObject();
    }

    private static void WriteObject<T>(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, T> members, Action<string, T> write)
    {
        json.WriteStartObject(name);
        foreach (var (member, value) in members)
        {
            write(member, value);
        }

        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(Round(value));
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        // JSON has no word for it: a ratio to nothing is null.
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, Round(value));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static decimal Round(double value) => Math.Round((decimal)value, Decimals);
}
