using System.Diagnostics;
using Fabric.Bench.Nics;
using Fabric.Bench.Servers;
using Fabric.Kube;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Bench.Scale;

/// <summary>How long a start of the server took, each from the start of its process.</summary>
/// <param name="Api">Until a list and a durable write were answered.</param>
/// <param name="Settled">Until the server said that OVN is as the objects say.</param>
/// <param name="Allocation">Until the Nic of a pod that was made as soon as the API answered was Ready.</param>
/// <param name="Quiet">Until it had nothing to do any more.</param>
internal readonly record struct Restart(TimeSpan Api, TimeSpan Settled, TimeSpan Allocation, TimeSpan Quiet)
{
    /// <summary>Until it serves all that it is for: API and OVN.</summary>
    internal TimeSpan Serving => Api > Settled ? Api : Settled;

    /// <summary>Kills the server and starts it again.</summary>
    /// <param name="name">Of the pod, unlike any other's.</param>
    internal static async Task<Restart> MeasureAsync(ControlPlane plane, string name, CancellationToken cancellationToken)
    {
        await plane.KillAsync();
        var began = Stopwatch.GetTimestamp();
        await plane.StartAsync(cancellationToken);
        var client = plane.Connect();
        await client.Resource(ResourceTypes.Nics).ListAsync(new ListOptions { Namespace = ScaleNetwork.Namespace, Fields = $"status.node={ScaleNetwork.NodeName(0)}" }, cancellationToken);
        await client.Resource(ResourceTypes.Leases).CreateAsync(
            new Lease { Metadata = new ObjectMeta { Name = name, Namespace = ScaleNetwork.Namespace } }, cancellationToken);
        var api = Stopwatch.GetElapsedTime(began);
        var settled = ElapsedAsync(plane.WaitSettledAsync(cancellationToken), began);
        var allocation = ElapsedAsync(AllocateAsync(client, name, cancellationToken), began);
        await Task.WhenAll(settled, allocation);
        await plane.WaitQuietAsync(cancellationToken);
        return new Restart(api, await settled, await allocation, Stopwatch.GetElapsedTime(began));
    }

    private static async Task AllocateAsync(KubeClient client, string name, CancellationToken cancellationToken)
    {
        await using var watch = await NicWatch.StartAsync(client, ScaleNetwork.Namespace, cancellationToken);
        watch.Follow(Workloads.NicOf(name));
        await client.Resource(ResourceTypes.Pods).CreateAsync(Workloads.Pod(name, ScaleNetwork.PatternSubnet, node: null), cancellationToken);
        await watch.WaitAsync(Workloads.NicOf(name), progress => progress.Ready, cancellationToken);
    }

    private static async Task<TimeSpan> ElapsedAsync(Task task, long began)
    {
        await task;
        return Stopwatch.GetElapsedTime(began);
    }
}
