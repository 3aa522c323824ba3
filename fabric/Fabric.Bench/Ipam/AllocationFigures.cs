namespace Fabric.Bench.Ipam;

/// <summary>Reports what repetitions of allocations came to.</summary>
internal static class AllocationFigures
{
    // Fewer than one for so many allocations is not what an allocation costs.
    private const int LeastShareTold = 50;

    /// <summary>The figures by which allocations are judged.</summary>
    /// <param name="suffix">Ends the figures' names: empty, or an underscore and how many Nics were there.</param>
    internal static void Report(BenchRun run, string suffix, string present, IReadOnlyList<AllocationResult> results)
    {
        run.Median($"alloc_per_second{suffix}", [.. results.Select(result => result.Load.PerSecond)], "1/s", $"Nics that got address and MAC, {present} Nics being there");
        run.Median($"alloc_p50_ms{suffix}", [.. results.Select(result => result.Load.Milliseconds.Median)], "ms", "from the request that makes a Nic until a watch saw its address, median");
        run.Median($"alloc_p99_ms{suffix}", [.. results.Select(result => result.Load.Milliseconds.Quantile(0.99))], "ms", "the same, 99th percentile");
        run.Median($"ready_per_second{suffix}", [.. results.Select(result => result.ReadyPerSecond)], "1/s", "Nics whose port was also in OVN's northbound database");
        run.Median($"alloc_server_cpu_ms{suffix}", [.. results.Select(result => result.ServerCpu.TotalMilliseconds / result.Count)], "ms", "processor time of fabric server for one allocation, until ready");
        run.Median($"alloc_ovsdb_cpu_ms{suffix}", [.. results.Select(result => result.NorthboundCpu.TotalMilliseconds / result.Count)], "ms", "processor time of ovsdb-server for one allocation");
        run.Median($"alloc_client_cpu_ms{suffix}", [.. results.Select(result => result.ClientCpu.TotalMilliseconds / result.Count)], "ms", "processor time of the clients themselves for one allocation");
        // Fewer than before means that ovsdb-server has compacted its file meanwhile: then nothing is known.
        if (results.Where(result => result.Transactions > 0).ToList() is { Count: > 0 } counted)
        {
            run.Median($"northbound_txn_per_1000_allocs{suffix}", [.. counted.Select(result => 1000.0 * result.Transactions / result.Count)], "", "transactions of OVN's northbound database");
        }
    }

    /// <summary>What one allocation costs in requests.</summary>
    internal static void ReportRequests(BenchRun run, AllocationResult result)
    {
        run.Figure("requests_per_alloc", (double)result.Requests.Total / result.Count, "", "requests the API answered for one allocation, the control plane's own among them, until ready");
        foreach (var (kind, count) in result.Requests.ByKind.Where(pair => pair.Value >= result.Count / LeastShareTold))
        {
            run.Figure($"requests_per_alloc_{kind}", (double)count / result.Count, "", "of these");
        }
    }

    /// <summary>How many, as the names of figures have it: 1k, 100k.</summary>
    internal static string Label(int count) => count % 1000 == 0 ? $"{count / 1000}k" : $"{count}";
}
