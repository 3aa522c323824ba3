using System.CommandLine;
using Fabric.Bench.Qos;
using Fabric.Cli.Qos;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Bench;

/// <summary><c>fabric bench qos</c>.</summary>
internal static class BenchQosCommand
{
    private static readonly QosOptions Default = new();

    internal static Command Create()
    {
        var json = BenchCommand.JsonOption();
        var milliseconds = BenchCommand.CountOption("--milliseconds", Default.Milliseconds, "How long each measurement takes");
        var command = new Command("qos", "Measure whether limits hold in a lab of two nodes, for TCP and UDP in both directions, and what they cost; needs root")
        {
            json, milliseconds,
        };
        command.SetAction((parse, cancellationToken) =>
        {
            Root.Require("fabric bench qos");
            return BenchCommand.RunAsync(new QosBench(new QosOptions { Milliseconds = parse.GetValue(milliseconds) }, QosSite.PrepareAsync), parse.GetValue(json), cancellationToken);
        });
        return command;
    }
}
