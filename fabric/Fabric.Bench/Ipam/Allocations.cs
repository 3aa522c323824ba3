using System.Diagnostics;
using Fabric.Bench.Load;
using Fabric.Bench.Machine;
using Fabric.Bench.Metrics;
using Fabric.Bench.Nics;
using Fabric.Bench.Servers;
using Fabric.Kube;
using Fabric.Resources;

namespace Fabric.Bench.Ipam;

/// <summary>Allocates Nics as fast as clients that wait for each can, and frees them.</summary>
internal sealed class Allocations(ControlPlane plane, IReadOnlyList<KubeClient> clients, NicWatch watch, ApiText api, string names)
{
    private readonly NicOwners _owners = new(clients, watch.Namespace);
    private int _rounds;

    /// <summary>Allocates in a subnet; the Nics stay.</summary>
    internal Task<(Nic[] Nics, AllocationResult Result)> AllocateAsync(string subnet, int count, CancellationToken cancellationToken) =>
        AllocateAsync([.. Enumerable.Repeat(subnet, count)], cancellationToken);

    /// <summary>Allocates one Nic in each of the subnets; the Nics stay.</summary>
    internal async Task<(Nic[] Nics, AllocationResult Result)> AllocateAsync(IReadOnlyList<string> subnets, CancellationToken cancellationToken)
    {
        var round = Interlocked.Increment(ref _rounds);
        var nics = await _owners.CreateAsync([.. subnets.Select((subnet, i) => ($"{names}{round}-{i}", subnet))], cancellationToken);
        foreach (var nic in nics)
        {
            watch.Follow(nic.Metadata.Name!);
        }

        // What the pods gave the control plane to do is no part of an allocation.
        await plane.WaitQuietAsync(cancellationToken);
        var requests = await RequestCounts.ReadAsync(api, cancellationToken);
        var transactions = plane.Northbound.CountTransactions();
        var (server, northbound, client) = Usage();
        var began = Stopwatch.GetTimestamp();
        var load = await ClosedLoop.RunAsync(clients.Count, nics.Length, (each, i, token) => AllocateAsync(clients[each], nics[i], token), cancellationToken);
        foreach (var nic in nics)
        {
            await watch.WaitAsync(nic.Metadata.Name!, progress => progress.Ready, cancellationToken);
        }

        var untilReady = Stopwatch.GetElapsedTime(began);
        var (serverAfter, northboundAfter, clientAfter) = Usage();
        var requestsAfter = await RequestCounts.ReadAsync(api, cancellationToken);
        return (nics, new AllocationResult
        {
            Load = load,
            UntilReady = untilReady,
            ServerCpu = serverAfter - server,
            NorthboundCpu = northboundAfter - northbound,
            ClientCpu = clientAfter - client,
            Transactions = plane.Northbound.CountTransactions() - transactions,
            Requests = requestsAfter.Since(requests),
        });
    }

    /// <summary>Deletes the Nics' pods.</summary>
    /// <returns>How long it took from the first request until the last Nic was gone.</returns>
    internal async Task<TimeSpan> FreeAsync(Nic[] nics, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await _owners.DeleteAsync(nics, cancellationToken);
        foreach (var nic in nics)
        {
            await watch.WaitAsync(nic.Metadata.Name!, progress => progress.Gone, cancellationToken);
        }

        var elapsed = Stopwatch.GetElapsedTime(began);
        foreach (var nic in nics)
        {
            watch.Forget(nic.Metadata.Name!);
        }

        return elapsed;
    }

    private async Task AllocateAsync(KubeClient client, Nic nic, CancellationToken cancellationToken)
    {
        await client.Resource(ResourceTypes.Nics).CreateAsync(nic, cancellationToken);
        await watch.WaitAsync(nic.Metadata.Name!, progress => progress.Addressed, cancellationToken);
    }

    private (TimeSpan Server, TimeSpan Northbound, TimeSpan Client) Usage() =>
        (plane.Process.Usage().Cpu, plane.Northbound.Process.Usage().Cpu, ProcessUsage.Of(Environment.ProcessId).Cpu);
}
