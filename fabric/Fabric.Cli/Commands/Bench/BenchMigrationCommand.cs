using System.CommandLine;
using Fabric.Bench.Migration;
using Fabric.Cli.Migration;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Bench;

/// <summary><c>fabric bench migration</c>.</summary>
internal static class BenchMigrationCommand
{
    private static readonly MigrationOptions Default = new();

    internal static Command Create()
    {
        var json = BenchCommand.JsonOption();
        var migrations = BenchCommand.CountOption("--migrations", Default.Migrations, "Migrations of each way under each of three loads");
        var command = new Command("migration", "Measure what those who talk to a VM notice when it moves, beside OVN's own way, in a lab of three nodes; some minutes; needs root")
        {
            json, migrations,
        };
        command.SetAction((parse, cancellationToken) =>
        {
            Root.Require("fabric bench migration");
            return BenchCommand.RunAsync(new MigrationBench(new MigrationOptions { Migrations = parse.GetValue(migrations) }, MigrationSite.PrepareAsync), parse.GetValue(json), cancellationToken);
        });
        return command;
    }
}
