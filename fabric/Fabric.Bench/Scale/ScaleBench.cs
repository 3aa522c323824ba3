using System.Diagnostics;
using Fabric.Bench.Load;
using Fabric.Bench.Servers;

namespace Fabric.Bench.Scale;

/// <summary><c>fabric bench scale</c>: a whole cluster's network on one control plane.</summary>
public sealed class ScaleBench(ScaleOptions options) : IBenchmark
{
    // Enough to use both ends' processors, not so many that handshakes time out.
    private const int OpenedAtOnce = 16;

    /// <inheritdoc/>
    public string Name => "scale";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["nics"] = $"{options.Nics}",
        ["subnets"] = $"{options.Subnets}",
        ["nodes"] = $"{options.Nodes}",
        ["changes"] = $"{options.Changes}",
        ["repetitions"] = $"{options.Repetitions}",
    };

    /// <inheritdoc/>
    public async Task MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        run.Progress.Report("starting ovsdb-server and fabric server");
        await using var plane = await ControlPlane.PrepareAsync(run.Fabric, Path.Combine(run.Folder, "plane"), cancellationToken);
        await plane.StartAsync(cancellationToken);
        await plane.WaitSettledAsync(cancellationToken);
        var patterns = await Patterns.MakeAsync(plane, cancellationToken);
        await plane.KillAsync();

        run.Progress.Report($"writing {options.Nics} Nics in {options.Subnets} subnets on {options.Nodes} nodes into the database");
        await plane.ImportAsync(patterns.Network(options), cancellationToken);
        await BuildNorthboundAsync(run, plane, cancellationToken);
        await RestartAsync(run, plane, cancellationToken);
        await WatchAsync(run, plane, cancellationToken);
        run.Note("Nics, pods, claims and subnets were written into the server's database by the API server's own code before it started, after the pattern of those that the control plane made.");
        run.Note("The server was ended by SIGKILL before each start.");
    }

    /// <summary>The first start finds an OVN that knows nothing.</summary>
    private async Task BuildNorthboundAsync(BenchRun run, ControlPlane plane, CancellationToken cancellationToken)
    {
        run.Progress.Report("starting fabric server, which makes OVN what the objects say");
        var before = plane.Northbound.CountTransactions();
        var began = Stopwatch.GetTimestamp();
        await plane.StartAsync(cancellationToken);
        await plane.WaitSettledAsync(cancellationToken);
        run.Figure("northbound_build_seconds", Stopwatch.GetElapsedTime(began).TotalSeconds, "s", "from the start of the server until an empty OVN had every router, switch and port");
        if (plane.Northbound.CountTransactions() - before is > 0 and var transactions)
        {
            run.Figure("northbound_txn_per_1000_nics", 1000.0 * transactions / options.Nics, "", "transactions of the northbound database for that");
        }

        if (await plane.Northbound.CountPortsAsync(cancellationToken) is var ports && ports < options.Nics)
        {
            throw new BenchException($"the server says that OVN is as the objects say, but it has {ports} ports for {options.Nics} Nics");
        }

        await plane.WaitQuietAsync(cancellationToken);
        run.Figure("first_start_quiet_seconds", Stopwatch.GetElapsedTime(began).TotalSeconds, "s", "from the start of the server until it had nothing to do any more");
    }

    private async Task RestartAsync(BenchRun run, ControlPlane plane, CancellationToken cancellationToken)
    {
        var restarts = new List<Restart>();
        var resident = new List<double>();
        var peak = new List<double>();
        for (var i = 0; i < options.Repetitions; i++)
        {
            run.Progress.Report($"killing fabric server and starting it again, {i + 1} of {options.Repetitions}");
            restarts.Add(await Restart.MeasureAsync(plane, $"restart-{i}", cancellationToken));
            var usage = plane.Process.Usage();
            resident.Add(usage.ResidentBytes / 1e6);
            peak.Add(usage.PeakResidentBytes / 1e6);
        }

        run.Median("restart_to_serving_seconds", [.. restarts.Select(restart => restart.Serving.TotalSeconds)], "s", "until a list and a write were answered and OVN was as the objects say");
        run.Median("restart_to_api_seconds", [.. restarts.Select(restart => restart.Api.TotalSeconds)], "s", "until a list and a write were answered");
        run.Median("restart_to_alloc_seconds", [.. restarts.Select(restart => restart.Allocation.TotalSeconds)], "s", "until the Nic of a new pod was Ready, made as soon as the API answered");
        run.Median("restart_to_quiet_seconds", [.. restarts.Select(restart => restart.Quiet.TotalSeconds)], "s", "until the server had nothing to do any more");
        run.Median("server_rss_mb", resident, "MB", "memory of fabric server after a restart, with nothing to do");
        run.Median("server_peak_rss_mb", peak, "MB", "the most it had since the restart");
        run.Figure("ovsdb_rss_mb", plane.Northbound.Process.Usage().ResidentBytes / 1e6, "MB", "memory of ovsdb-server");
    }

    private async Task WatchAsync(BenchRun run, ControlPlane plane, CancellationToken cancellationToken)
    {
        run.Progress.Report($"opening the watches of {options.Nodes} nodes");
        var watches = new NodeWatch?[options.Nodes];
        try
        {
            var opened = await ClosedLoop.RunAsync(
                OpenedAtOnce, options.Nodes, async (_, node, token) => watches[node] = await OpenAsync(plane, node, token), cancellationToken);
            run.Figure("watch_open_p50_ms", opened.Milliseconds.Median, "ms", $"connecting, listing and watching of one node's Nics, {OpenedAtOnce} at once, median");
            run.Figure("server_rss_watched_mb", plane.Process.Usage().ResidentBytes / 1e6, "MB", "memory of fabric server with all nodes watching");

            run.Progress.Report($"changing {options.Changes} Nics, one after the other");
            var changes = new NicChanges(plane.Connect(), [.. watches.Select(watch => watch!)], options);
            await changes.MeasureAsync(Math.Min(options.Changes, 100), cancellationToken);
            var latency = await changes.MeasureAsync(options.Changes, cancellationToken);
            run.Figure("watch_p50_ms", latency.Median, "ms", "from the request that changes a Nic until its node's watch has it, median");
            run.Figure("watch_p99_ms", latency.Quantile(0.99), "ms", "the same, 99th percentile");
            run.Figure("watch_events_elsewhere", watches.Sum(watch => watch!.Foreign), "", "events that any node got of a Nic that was not changed on it");
        }
        finally
        {
            foreach (var watch in watches.OfType<NodeWatch>())
            {
                await watch.DisposeAsync();
            }
        }
    }

    private async Task<NodeWatch> OpenAsync(ControlPlane plane, int node, CancellationToken cancellationToken)
    {
        var (watch, listed) = await NodeWatch.StartAsync(plane.Connect(), ScaleNetwork.NodeName(node), cancellationToken);
        var expected = Enumerable.Range(0, options.Nics).Count(nic => ScaleNetwork.NodeOf(nic, options) == node);
        if (listed != expected)
        {
            await watch.DisposeAsync();
            throw new BenchException($"the server lists {listed} Nics of {ScaleNetwork.NodeName(node)}, which has {expected}");
        }

        return watch;
    }
}
