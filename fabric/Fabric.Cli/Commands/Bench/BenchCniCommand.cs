using System.CommandLine;
using Fabric.Bench.Cni;
using Fabric.Cli.Commands.Lab;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Bench;

/// <summary><c>fabric bench cni</c>.</summary>
internal static class BenchCniCommand
{
    private static readonly CniOptions Default = new() { Plugin = "" };

    internal static Command Create()
    {
        var json = BenchCommand.JsonOption();
        var count = BenchCommand.CountOption("--count", Default.Count, "ADDs and DELs of each plugin at each size");
        var few = BenchCommand.CountOption("--few", Default.Few, "Ports in OVN's northbound database at first");
        var many = BenchCommand.CountOption("--many", Default.Many, "Ports in it at last");
        var burst = BenchCommand.CountOption("--burst", Default.Burst, "ADDs at once");
        var full = new Option<bool>("--full") { Description = $"Measure with {CniOptions.FullMany} ports and {CniOptions.FullBurst} ADDs at once, which takes its time" };
        var command = new Command("cni", "Measure ADD and DEL on a real node beside Debian's plugins bridge and ptp; needs root") { json, count, few, many, burst, full };
        command.SetAction((parse, cancellationToken) =>
        {
            Root.Require("fabric bench cni");
            var options = new CniOptions
            {
                Plugin = Programs.CniPlugin(),
                Count = parse.GetValue(count),
                Few = parse.GetValue(few),
                Many = parse.GetValue(full) ? CniOptions.FullMany : parse.GetValue(many),
                Burst = parse.GetValue(full) ? CniOptions.FullBurst : parse.GetValue(burst),
                Idle = parse.GetValue(full) ? CniOptions.FullIdle : Default.Idle,
            };
            BenchCommand.Require(options.Check());
            return BenchCommand.RunAsync(new CniBench(options), parse.GetValue(json), cancellationToken);
        });
        return command;
    }
}
