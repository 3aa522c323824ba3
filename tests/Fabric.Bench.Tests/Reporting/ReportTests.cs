using System.Text.Json;
using Fabric.Bench.Machine;
using Fabric.Bench.Reporting;
using Fabric.Bench.Servers;

namespace Fabric.Bench.Tests.Reporting;

public class ReportTests
{
    private static BenchRun NewRun() => new("", new FabricProgram("fabric", []), new Progress<string>());

    private static JsonElement JsonOf(BenchRun run) => JsonDocument.Parse(ReportJson.Write(new BenchReport
    {
        Benchmark = "ipam",
        Started = new DateTimeOffset(2025, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)),
        Duration = TimeSpan.FromSeconds(1.5),
        Parameters = new Dictionary<string, string> { ["clients"] = "64" },
        Machine = new MachineFacts { Cores = 2, Processor = "p", MemoryBytes = 3, Kernel = "k", Runtime = "r", LoadAtStart = new(1, 2, 3) },
        LoadAtEnd = new(4, 5, 6),
        Figures = run.Figures,
        Ratios = run.Ratios,
        Notes = run.Notes,
    })).RootElement;

    [Fact]
    public void Figures_and_ratios_are_numbers_by_name()
    {
        var run = NewRun();
        run.Median("alloc_p50_ms", [3, 1, 2.00006], "ms", "meaning");
        run.Figure("raw_create_p50_ms", 0.5, "ms", "meaning");
        run.Ratio("alloc_vs_raw", "alloc_p50_ms", "raw_create_p50_ms", "meaning");

        var json = JsonOf(run);

        Assert.Equal("""{"alloc_p50_ms":2.0001,"raw_create_p50_ms":0.5}""", Compact(json.GetProperty("figures")));
        Assert.Equal("""{"alloc_vs_raw":4.0001}""", Compact(json.GetProperty("ratios")));
        Assert.Equal("""{"alloc_p50_ms":[3,1,2.0001]}""", Compact(json.GetProperty("repetitions")));
        Assert.Equal("""{"alloc_p50_ms":"ms","raw_create_p50_ms":"ms"}""", Compact(json.GetProperty("units")));
    }

    [Fact]
    public void Machine_parameters_and_notes_are_in_the_object()
    {
        var run = NewRun();
        run.Note("said");

        var json = JsonOf(run);

        Assert.Equal(
            """{"cores":2,"processor":"p","memory_bytes":3,"kernel":"k","runtime":"r","load_at_start":[1,2,3],"load_at_end":[4,5,6]}""",
            Compact(json.GetProperty("machine")));
        Assert.Equal("""{"clients":"64"}""", Compact(json.GetProperty("parameters")));
        Assert.Equal("""["said"]""", Compact(json.GetProperty("notes")));
        Assert.Equal("2025-01-02T03:04:05Z", json.GetProperty("started").GetString());
        Assert.Equal(1.5, json.GetProperty("seconds").GetDouble());
    }

    [Fact]
    public void A_ratio_to_nothing_is_null()
    {
        var run = NewRun();
        run.Figure("a", 1, "", "");
        run.Figure("b", 0, "", "");
        run.Ratio("a_vs_b", "a", "b", "");
        Assert.Equal("""{"a_vs_b":null}""", Compact(JsonOf(run).GetProperty("ratios")));
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
}
