using Fabric.Bench.Statistics;
using Fabric.Resources.Core;
using Lab.Runner.Processes;

namespace Fabric.Bench.Cni;

/// <summary><c>fabric bench cni</c>: ADD and DEL beside Debian's plugins, called the same way, in turns.</summary>
public sealed class CniBench(CniOptions options) : IBenchmark
{
    // The first calls find cold caches and code that was not compiled yet.
    private const int WarmUp = 6;

    /// <inheritdoc/>
    public string Name => "cni";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["count"] = $"{options.Count}",
        ["sizes"] = string.Join(' ', options.Sizes),
        ["burst"] = $"{options.Burst}",
        ["cold"] = $"{options.Cold}",
        ["idle_seconds"] = $"{options.Idle.TotalSeconds}",
    };

    /// <inheritdoc/>
    public async Task MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        Require();
        await using var node = await BenchNode.StartAsync(run.Fabric, options, run.Folder, run.Progress, cancellationToken);
        using var thread = await NamespaceThread.EnterAsync(node.Namespace);
        await using var sandboxes = node.MakeSandboxes();
        await node.PrepareAsync(options.Many, cancellationToken);
        var site = new CniSite(
            run, node, new PluginCall(thread), sandboxes, PluginKind.Fabric(options.Plugin, node.CniSocket),
            [PluginKind.Bridge(Path.Combine(run.Folder, "bridge")), PluginKind.PointToPoint(Path.Combine(run.Folder, "ptp"))]);

        await MeasureSizesAsync(site, cancellationToken);
        var together = new Together(site);
        run.Progress.Report($"{options.Cold} ADDs of pods that were made that moment");
        await together.MeasureColdAsync(options.Cold, cancellationToken);
        run.Progress.Report($"{options.Burst} ADDs at once, the agent at rest, {options.Burst} DELs at once");
        await together.MeasureAsync(options.Burst, options.Idle, cancellationToken);
        run.Note("Every call is an executable with CNI_* variables and its configuration on standard input, started in the node's namespace; bridge and ptp have host-local addresses and no masquerade.");
        run.Note("ADD and DEL are of pods whose Nic and OVN port were there before; cold ones are not.");
    }

    private static void Require()
    {
        string[] missing = [.. ((string[])["bridge", "ptp", "host-local"]).Where(name => !File.Exists(Path.Combine(PluginKind.Folder, name)))];
        if (missing.Length > 0)
        {
            throw new BenchException($"{string.Join(", ", missing)} are not in {PluginKind.Folder}: install Debian's containernetworking-plugins");
        }
    }

    private async Task MeasureSizesAsync(CniSite site, CancellationToken cancellationToken)
    {
        var run = site.Run;
        run.Progress.Report($"{WarmUp} ADDs and DELs of each plugin that are not measured");
        var rounds = new Rounds(site);
        await rounds.MeasureAsync(WarmUp, Math.Min(options.Few, WarmUp), cancellationToken);
        await MeasureStartAsync(site, cancellationToken);

        var there = 0;
        foreach (var size in options.Sizes)
        {
            if (size > options.Few)
            {
                run.Progress.Report($"making {size} ports in OVN's northbound database");
                Pod[] more = [.. Enumerable.Range(there, size - options.Few - there).Select(CniNetwork.Filling)];
                await site.Node.CreateAsync(more, cancellationToken);
                there += more.Length;
            }

            run.Progress.Report($"{options.Count} ADDs and DELs of each plugin with {size} ports in OVN's northbound database");
            var before = await site.Node.ReadFiguresAsync(cancellationToken);
            var times = await rounds.MeasureAsync(options.Count, options.Few, cancellationToken);
            if (size == options.Few)
            {
                Report(run, site, times);
                await ReportStepsAsync(site, before, cancellationToken);
            }
            else
            {
                var own = times[site.Fabric];
                var bridge = site.Others[0];
                run.Figure($"add_p50_{size}_ms", own.Adds.Median, "ms", $"ADD with {size} ports in OVN's northbound database, median");
                run.Figure($"add_p99_{size}_ms", own.Adds.Quantile(0.99), "ms", "the same, 99th percentile");
                run.Figure($"del_p50_{size}_ms", own.Deletes.Median, "ms", $"DEL with {size} ports, median");
                run.Figure(bridge.Figure($"add_p50_{size}_ms"), times[bridge].Adds.Median, "ms", $"ADD of {bridge.Name} in turns with it, which knows nothing of OVN: how busy the machine was");
                run.Ratio($"add_p50_{size}_vs_{bridge.Name}", $"add_p50_{size}_ms", bridge.Figure($"add_p50_{size}_ms"), $"ADD with {size} ports to that of {bridge.Name}");
                run.Ratio($"add_p50_{size}_vs_{options.Few}", $"add_p50_{size}_ms", "add_p50_ms", $"ADD with {size} ports to ADD with {options.Few}");
            }
        }

        run.Figure("ports_ahead_percent", 100 * rounds.LeastAhead, "%", "of the pods for which the agent had the port ready before the first of their ADDs, the least of all rounds");
    }

    private static void Report(BenchRun run, CniSite site, IReadOnlyDictionary<PluginKind, PluginTimes> times)
    {
        foreach (var plugin in (PluginKind[])[site.Fabric, .. site.Others])
        {
            var (adds, deletes) = (times[plugin].Adds, times[plugin].Deletes);
            var whose = plugin.Name.Length == 0 ? "" : $" of {plugin.Name}";
            run.Figure(plugin.Figure("add_p50_ms"), adds.Median, "ms", $"ADD{whose}, median");
            run.Figure(plugin.Figure("add_p99_ms"), adds.Quantile(0.99), "ms", "the same, 99th percentile");
            run.Figure(plugin.Figure("del_p50_ms"), deletes.Median, "ms", $"DEL{whose}, median");
            run.Figure(plugin.Figure("del_p99_ms"), deletes.Quantile(0.99), "ms", "the same, 99th percentile");
        }

        foreach (var other in site.Others)
        {
            run.Ratio($"add_p50_vs_{other.Name}", "add_p50_ms", other.Figure("add_p50_ms"), $"ADD to that of {other.Name}");
            run.Ratio($"del_p50_vs_{other.Name}", "del_p50_ms", other.Figure("del_p50_ms"), $"DEL to that of {other.Name}");
        }
    }

    private static async Task ReportStepsAsync(CniSite site, AgentFigures before, CancellationToken cancellationToken)
    {
        var now = await site.Node.ReadFiguresAsync(cancellationToken);
        foreach (var command in (string[])["ADD", "DEL"])
        {
            foreach (var (step, milliseconds) in now.Since(before, command))
            {
                site.Run.Figure($"{command.ToLowerInvariant()}_step_{step}_ms", milliseconds, "ms", $"of it within the agent: {step}, mean");
            }
        }
    }

    /// <summary>What remains of a call when there is nothing to do: the plugin answers VERSION without the agent.</summary>
    private async Task MeasureStartAsync(CniSite site, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        for (var i = 0; i < options.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            times.Add(await site.Calls.TimeAsync(site.Fabric, "VERSION", new PluginTarget("", "", "", "")));
        }

        site.Run.Figure("start_p50_ms", new Sample(times).Median, "ms", "starting the plugin and hearing its answer to VERSION, median: a part of each of Fabric's calls");
    }
}
