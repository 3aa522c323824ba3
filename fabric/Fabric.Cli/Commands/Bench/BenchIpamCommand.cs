using System.CommandLine;
using Fabric.Bench.Ipam;

namespace Fabric.Cli.Commands.Bench;

/// <summary><c>fabric bench ipam</c>.</summary>
internal static class BenchIpamCommand
{
    private static readonly IpamOptions Default = new();

    internal static Command Create()
    {
        var json = BenchCommand.JsonOption();
        var clients = BenchCommand.CountOption("--clients", Default.Clients, "Clients that allocate at once, each on its own connection");
        var count = BenchCommand.CountOption("--count", Default.Count, "Allocations of one repetition");
        var repetitions = BenchCommand.CountOption("--repetitions", Default.Repetitions, "How often each measurement is made; figures are medians");
        var few = BenchCommand.CountOption("--few", Default.Few, "Nics that are there in the first measurement");
        var many = BenchCommand.CountOption("--many", Default.Many, "Nics that are there in the second");
        var full = new Option<bool>("--full") { Description = $"Measure with {IpamOptions.FullMany} Nics and a full /16, which takes its time" };
        var command = new Command("ipam", "Measure how fast Nics get their addresses from a real control plane") { json, clients, count, repetitions, few, many, full };
        command.SetAction((parse, cancellationToken) =>
        {
            var options = new IpamOptions
            {
                Clients = parse.GetValue(clients),
                Count = parse.GetValue(count),
                Repetitions = parse.GetValue(repetitions),
                Few = parse.GetValue(few),
                Many = parse.GetValue(full) ? IpamOptions.FullMany : parse.GetValue(many),
            };
            BenchCommand.Require(options.Check());
            return BenchCommand.RunAsync(new IpamBench(options), parse.GetValue(json), cancellationToken);
        });
        return command;
    }
}
