using Fabric.Bench.Load;
using Fabric.Bench.Machine;
using Fabric.Bench.Nics;
using Fabric.Bench.Population;
using Fabric.Bench.Servers;
using Fabric.Bench.Statistics;
using Fabric.Resources.Core;
using Fabric.Resources;

namespace Fabric.Bench.Ipam;

/// <summary><c>fabric bench ipam</c>: how fast the whole control plane gives addresses to Nics.</summary>
public sealed class IpamBench(IpamOptions options) : IBenchmark
{
    private readonly IpamNetwork _network = new(options.FilledLength);

    /// <inheritdoc/>
    public string Name => "ipam";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["clients"] = $"{options.Clients}",
        ["count"] = $"{options.Count}",
        ["repetitions"] = $"{options.Repetitions}",
        ["few"] = $"{options.Few}",
        ["many"] = $"{options.Many}",
    };

    private string Many => AllocationFigures.Label(options.Many);

    /// <inheritdoc/>
    public async Task MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        run.Progress.Report("starting ovsdb-server and fabric server");
        await using (var plane = await ControlPlane.PrepareAsync(run.Fabric, Path.Combine(run.Folder, "plane"), cancellationToken))
        {
            var (nics, filled, held) = await CapturePatternsAsync(plane, cancellationToken);
            await FillAsync(run, plane, IpamNetwork.InNics(1, options.Few).SelectMany(nics.Copy), options.Few, cancellationToken);
            await MeasureFewAsync(run, plane, cancellationToken);

            var full = _network.InFilled(held).ToList();
            var more = IpamNetwork.InNics(options.Few, Math.Max(options.Few, options.Many - full.Count));
            await FillAsync(run, plane, full.SelectMany(filled.Copy).Concat(more.SelectMany(nics.Copy)), options.Many, cancellationToken);
            await MeasureManyAsync(run, plane, cancellationToken);
        }

        await new FreeAddressMemory(options.Repetitions).MeasureAsync(run, cancellationToken);
        run.Note("A measured Nic is made by the client and belongs to a pod made before, which names no subnet. "
            + "The Nics that were there, with pods and claims, were written into the server's database by the API server's own code before it started, after the pattern of one that the control plane made.");
    }

    /// <summary>Has the control plane make the subnets, and one Nic in each that is to be filled.</summary>
    private async Task<(NicPattern Nics, NicPattern Filled, Primitives.IpAddress HeldInFilled)> CapturePatternsAsync(
        ControlPlane plane, CancellationToken cancellationToken)
    {
        await plane.StartAsync(cancellationToken);
        await plane.WaitSettledAsync(cancellationToken);
        await using var session = await IpamSession.OpenAsync(plane, clients: 1, IpamNetwork.Namespace, cancellationToken);
        var client = session.Clients[0];
        await client.Resource(ResourceTypes.Namespaces).CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = IpamNetwork.Namespace } }, cancellationToken);
        foreach (var subnet in _network.Subnets)
        {
            await client.Resource(ResourceTypes.Subnets).CreateAsync(subnet, cancellationToken);
        }

        var patterns = new List<NicPattern>();
        var held = default(Primitives.IpAddress);
        foreach (var subnet in (string[])[IpamNetwork.Nics, IpamNetwork.Filled])
        {
            var (made, _) = await session.AllocateBy(1, $"pattern-{subnet}-").AllocateAsync(subnet, 1, cancellationToken);
            await plane.WaitQuietAsync(cancellationToken);
            var pod = new ObjectKey(IpamNetwork.Namespace, made[0].Spec.Owner.Name);
            patterns.Add(await NicPattern.CaptureAsync(client, session.Api, pod, NicOwners.Device, cancellationToken));
            held = (await client.Resource(ResourceTypes.Nics).GetAsync(ResourceTypes.Nics.KeyOf(made[0]), cancellationToken))!.Status!.Addresses[0].Address;
        }

        return (patterns[0], patterns[1], held);
    }

    private static async Task FillAsync(BenchRun run, ControlPlane plane, IEnumerable<string> objects, int count, CancellationToken cancellationToken)
    {
        run.Progress.Report($"writing Nics into the database until there are {count}");
        await plane.KillAsync();
        await plane.ImportAsync(objects, cancellationToken);
        run.Progress.Report($"starting fabric server with {count} Nics");
        await plane.StartAsync(cancellationToken);
        await plane.WaitSettledAsync(cancellationToken);
        await plane.WaitQuietAsync(cancellationToken);
    }

    private async Task MeasureFewAsync(BenchRun run, ControlPlane plane, CancellationToken cancellationToken)
    {
        await using var session = await IpamSession.OpenAsync(plane, options.Clients, IpamNetwork.Namespace, cancellationToken);
        run.Progress.Report("warming up");
        var allocations = session.AllocateBy(options.Clients, "warm-");
        await allocations.FreeAsync((await allocations.AllocateAsync(IpamNetwork.Nics, options.Count, cancellationToken)).Nics, cancellationToken);
        await MeasureRawAsync(run, plane, session, cancellationToken);
        var (results, freed) = await RepeatAsync(run, session, AllocationFigures.Label(options.Few), cancellationToken);
        AllocationFigures.Report(run, "", AllocationFigures.Label(options.Few), results);
        run.Median("free_per_second", freed, "1/s", "Nics gone after their pods were deleted, addresses free again");
        AllocationFigures.ReportRequests(run, results[^1]);
        run.Ratio("raw_creates_per_alloc", "raw_creates_per_second", "alloc_per_second", "creates that the bare API carries out in the time of one allocation");
    }

    private async Task MeasureManyAsync(BenchRun run, ControlPlane plane, CancellationToken cancellationToken)
    {
        run.Figure($"server_rss_mb_{Many}", plane.Process.Usage().ResidentBytes / 1e6, "MB", "memory of fabric server with so many Nics");
        await using var session = await IpamSession.OpenAsync(plane, options.Clients, IpamNetwork.Namespace, cancellationToken);
        var allocations = session.AllocateBy(options.Clients, "warm-");
        // As much as before the first measurement: a server that was just started compiles its code anew.
        await allocations.FreeAsync((await allocations.AllocateAsync(IpamNetwork.Nics, options.Count, cancellationToken)).Nics, cancellationToken);
        var (results, _) = await RepeatAsync(run, session, Many, cancellationToken);
        AllocationFigures.Report(run, $"_{Many}", Many, results);
        run.Ratio($"alloc_{Many}_vs_{AllocationFigures.Label(options.Few)}", "alloc_per_second", $"alloc_per_second_{Many}", "time of an allocation with many Nics against few");
        await MeasureLastAsync(run, session, cancellationToken);
    }

    private async Task MeasureLastAsync(BenchRun run, IpamSession session, CancellationToken cancellationToken)
    {
        var size = options.FilledLength;
        run.Progress.Report($"allocating the first and the last addresses of a /{size}");
        var one = session.AllocateBy(1, "single-");
        await one.AllocateAsync(IpamNetwork.Empty, 1, cancellationToken);
        // In turns, so that whatever else the machine does befalls both alike.
        var (nics, result) = await one.AllocateAsync(
            [.. Enumerable.Range(0, 2 * IpamNetwork.FreeInFilled).Select(i => i % 2 == 0 ? IpamNetwork.Empty : IpamNetwork.Filled)], cancellationToken);
        foreach (var (which, subnet) in new[] { ("first", IpamNetwork.Empty), ("last", IpamNetwork.Filled) })
        {
            var each = new Sample(result.Load.Each.Where((_, i) => nics[i].Spec.Subnet == subnet));
            run.Figure($"alloc_{which}_of_{size}_ms", each.Median, "ms", $"one client, a /{size}: median of the {which} {IpamNetwork.FreeInFilled} addresses");
        }

        run.Ratio($"alloc_last_vs_first_of_{size}", $"alloc_last_of_{size}_ms", $"alloc_first_of_{size}_ms", "time of an allocation when almost nothing is free against almost everything");
    }

    private async Task<(List<AllocationResult> Results, List<double> FreedPerSecond)> RepeatAsync(
        BenchRun run, IpamSession session, string present, CancellationToken cancellationToken)
    {
        var allocations = session.AllocateBy(options.Clients, "nic-");
        var results = new List<AllocationResult>();
        var freed = new List<double>();
        for (var i = 0; i < options.Repetitions; i++)
        {
            run.Progress.Report($"allocating {options.Count} Nics with {options.Clients} clients, {present} being there, {i + 1} of {options.Repetitions}");
            var (nics, result) = await allocations.AllocateAsync(IpamNetwork.Nics, options.Count, cancellationToken);
            results.Add(result);
            run.Progress.Report($"freeing {options.Count} Nics");
            freed.Add(options.Count / (await allocations.FreeAsync(nics, cancellationToken)).TotalSeconds);
        }

        return (results, freed);
    }

    private async Task MeasureRawAsync(BenchRun run, ControlPlane plane, IpamSession session, CancellationToken cancellationToken)
    {
        var raw = new RawWrites(session.Clients, IpamNetwork.Namespace);
        await raw.CreateAsync(options.Count, cancellationToken);
        var results = new List<(LoadResult Load, TimeSpan Cpu)>();
        for (var i = 0; i < options.Repetitions; i++)
        {
            run.Progress.Report($"creating {options.Count} Leases with {options.Clients} clients, {i + 1} of {options.Repetitions}");
            var before = plane.Process.Usage().Cpu + ProcessUsage.Of(Environment.ProcessId).Cpu;
            var load = await raw.CreateAsync(options.Count, cancellationToken);
            results.Add((load, plane.Process.Usage().Cpu + ProcessUsage.Of(Environment.ProcessId).Cpu - before));
        }

        run.Median("raw_creates_per_second", [.. results.Select(result => result.Load.PerSecond)], "1/s", "durable creates of a small object through the same API");
        run.Median("raw_create_p50_ms", [.. results.Select(result => result.Load.Milliseconds.Median)], "ms", "one such create, median");
        run.Median("raw_create_p99_ms", [.. results.Select(result => result.Load.Milliseconds.Quantile(0.99))], "ms", "one such create, 99th percentile");
        run.Median("raw_create_cpu_ms", [.. results.Select(result => result.Cpu.TotalMilliseconds / options.Count)], "ms", "processor time of server and clients for one such create");
    }
}
