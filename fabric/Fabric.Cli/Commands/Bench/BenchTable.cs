using Fabric.Bench.Reporting;
using Fabric.Cli.Terminal;
using Spectre.Console;

namespace Fabric.Cli.Commands.Bench;

/// <summary>A report for people.</summary>
internal static class BenchTable
{
    internal static void Write(BenchReport report)
    {
        var machine = report.Machine;
        Console.WriteLine($"{report.Benchmark}: {string.Join(", ", report.Parameters.Select(parameter => $"{parameter.Key} {parameter.Value}"))}");
        Console.WriteLine($"on {machine.Cores} cores of {machine.Processor}, {machine.MemoryBytes / (1 << 30)} GiB, Linux {machine.Kernel}, {machine.Runtime}");
        Console.WriteLine($"load {machine.LoadAtStart} before, {report.LoadAtEnd} after, {report.Duration.TotalSeconds:0} s in all");
        WriteFigures(report);
        foreach (var note in report.Notes)
        {
            Console.WriteLine(note);
        }
    }

    private static void WriteFigures(BenchReport report)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("figure");
        table.AddColumn(new TableColumn("value").RightAligned().NoWrap());
        table.AddColumn("");
        table.AddColumn(new TableColumn("least").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("most").RightAligned().NoWrap());
        table.AddColumn("what it is");
        foreach (var figure in report.Figures)
        {
            table.AddRow(
                new Text(figure.Name), new Text(Number(figure.Value)), new Text(figure.Unit),
                new Text(figure.Repetitions.Count > 0 ? Number(figure.Repetitions.Min()) : ""),
                new Text(figure.Repetitions.Count > 0 ? Number(figure.Repetitions.Max()) : ""),
                new Text(figure.Meaning));
        }

        foreach (var ratio in report.Ratios)
        {
            table.AddRow(new Text(ratio.Name), new Text(Number(ratio.Value)), new Text("x"), new Text(""), new Text(""), new Text(ratio.Meaning));
        }

        Wide.Console.Write(table);
    }

    private static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("#,##0"),
        >= 10 => value.ToString("0.0"),
        _ => value.ToString("0.00"),
    };
}
