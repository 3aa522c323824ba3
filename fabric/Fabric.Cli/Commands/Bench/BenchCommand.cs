using System.CommandLine;
using Fabric.Bench;
using Fabric.Bench.Reporting;
using Fabric.Bench.Servers;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Bench;

/// <summary><c>fabric bench</c>: how fast Fabric is on this machine.</summary>
internal static class BenchCommand
{
    internal static Command Create() => new("bench", "Measure Fabric on this machine, with what it is compared to measured in the same run")
    {
        BenchIpamCommand.Create(), BenchScaleCommand.Create(), BenchCniCommand.Create(), BenchDatapathCommand.Create(), BenchQosCommand.Create(),
        BenchMigrationCommand.Create(),
    };

    internal static Option<bool> JsonOption() => new("--json") { Description = "Print one JSON object with figures, ratios and facts about the machine" };

    /// <summary>An option for a number of at least one.</summary>
    internal static Option<int> CountOption(string name, int value, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var given) && given < 1)
            {
                result.AddError($"{name} {given}: give a number of at least 1");
            }
        });
        return option;
    }

    /// <summary>Refuses options that do not fit together.</summary>
    /// <param name="wrong">What is wrong with them, or null.</param>
    /// <exception cref="CommandFailure">Something is.</exception>
    internal static void Require(string? wrong)
    {
        if (wrong is not null)
        {
            throw new CommandFailure(wrong);
        }
    }

    /// <summary>Runs a benchmark and prints what it found.</summary>
    internal static async Task RunAsync(IBenchmark benchmark, bool json, CancellationToken cancellationToken)
    {
        var report = await MeasureAsync(benchmark, cancellationToken);
        if (json)
        {
            Console.WriteLine(ReportJson.Write(report));
        }
        else
        {
            BenchTable.Write(report);
        }
    }

    private static async Task<BenchReport> MeasureAsync(IBenchmark benchmark, CancellationToken cancellationToken)
    {
        using var steps = new StepReporter();
        try
        {
            return await BenchRunner.RunAsync(benchmark, Self(), steps, cancellationToken);
        }
        catch
        {
            steps.Fail();
            throw;
        }
    }

    /// <summary>How this program was started: by its own executable, or by <c>dotnet fabric.dll</c>.</summary>
    private static FabricProgram Self()
    {
        var file = Environment.ProcessPath ?? throw new CommandFailure("the system does not say which program this is");
        return Path.GetFileNameWithoutExtension(file) == "dotnet"
            ? new FabricProgram(file, [Path.Combine(AppContext.BaseDirectory, "fabric.dll")])
            : new FabricProgram(file, []);
    }
}
