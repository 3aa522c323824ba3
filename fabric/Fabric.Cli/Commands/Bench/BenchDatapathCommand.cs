using System.CommandLine;
using Fabric.Bench.Datapath;
using Fabric.Cli.Datapath;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Bench;

/// <summary><c>fabric bench datapath</c>.</summary>
internal static class BenchDatapathCommand
{
    private static readonly DatapathOptions Default = new();

    internal static Command Create()
    {
        var json = BenchCommand.JsonOption();
        var rounds = BenchCommand.CountOption("--rounds", Default.Rounds, "How often every path is measured, one after the other; figures are medians");
        var milliseconds = BenchCommand.CountOption("--milliseconds", Default.Milliseconds, "How long each measurement of a path takes");
        var command = new Command("datapath", "Measure what pods' traffic costs in a lab of two nodes, against bare veth, bridge, VXLAN and routing; needs root")
        {
            json, rounds, milliseconds,
        };
        command.SetAction((parse, cancellationToken) =>
        {
            Root.Require("fabric bench datapath");
            var options = new DatapathOptions { Rounds = parse.GetValue(rounds), Milliseconds = parse.GetValue(milliseconds) };
            return BenchCommand.RunAsync(new DatapathBench(options, LabSite.PrepareAsync), parse.GetValue(json), cancellationToken);
        });
        return command;
    }
}
