using System.Diagnostics;
using Fabric.Bench.Machine;
using Fabric.Bench.Reporting;
using Fabric.Bench.Servers;

namespace Fabric.Bench;

/// <summary>Carries out a benchmark: facts about the machine before, its own folder, and a report after.</summary>
public static class BenchRunner
{
    /// <summary>Runs it to its end; nothing that it started or wrote is left.</summary>
    /// <param name="fabric">How <c>fabric</c> is started.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <exception cref="BenchException">It cannot be carried out.</exception>
    public static async Task<BenchReport> RunAsync(IBenchmark benchmark, FabricProgram fabric, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var machine = MachineFacts.Read();
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.GetTimestamp();
        var folder = Directory.CreateTempSubdirectory("fabric-bench-").FullName;
        try
        {
            var run = new BenchRun(folder, fabric, progress);
            await benchmark.MeasureAsync(run, cancellationToken);
            return new BenchReport
            {
                Benchmark = benchmark.Name,
                Started = started,
                Duration = Stopwatch.GetElapsedTime(clock),
                Parameters = benchmark.Parameters,
                Machine = machine,
                LoadAtEnd = LoadAverage.Read(),
                Figures = run.Figures,
                Ratios = run.Ratios,
                Notes = run.Notes,
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
