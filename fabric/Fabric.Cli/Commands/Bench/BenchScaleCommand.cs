using System.CommandLine;
using Fabric.Bench.Scale;

namespace Fabric.Cli.Commands.Bench;

/// <summary><c>fabric bench scale</c>.</summary>
internal static class BenchScaleCommand
{
    private static readonly ScaleOptions Default = new();

    internal static Command Create()
    {
        var json = BenchCommand.JsonOption();
        var nics = BenchCommand.CountOption("--nics", Default.Nics, "Nics, spread over subnets and nodes");
        var subnets = BenchCommand.CountOption("--subnets", Default.Subnets, "Subnets of 256 addresses");
        var nodes = BenchCommand.CountOption("--nodes", Default.Nodes, "Nodes, each watching its Nics on its own connection");
        var changes = BenchCommand.CountOption("--changes", Default.Changes, "Changes of a Nic that are timed");
        var repetitions = BenchCommand.CountOption("--repetitions", Default.Repetitions, "How often the server is restarted; figures are medians");
        var full = new Option<bool>("--full") { Description = $"{ScaleOptions.Full.Nics} Nics in {ScaleOptions.Full.Subnets} subnets on {ScaleOptions.Full.Nodes} nodes, which takes its time" };
        var command = new Command("scale", "Measure a control plane with a whole cluster's Nics: memory, restart, watches of the nodes, OVN")
        {
            json, nics, subnets, nodes, changes, repetitions, full,
        };
        command.SetAction((parse, cancellationToken) =>
        {
            var sizes = parse.GetValue(full)
                ? ScaleOptions.Full
                : new ScaleOptions { Nics = parse.GetValue(nics), Subnets = parse.GetValue(subnets), Nodes = parse.GetValue(nodes) };
            var options = sizes with { Changes = parse.GetValue(changes), Repetitions = parse.GetValue(repetitions) };
            BenchCommand.Require(options.Check());
            return BenchCommand.RunAsync(new ScaleBench(options), parse.GetValue(json), cancellationToken);
        });
        return command;
    }
}
