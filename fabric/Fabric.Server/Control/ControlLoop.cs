using Fabric.Grains.IPPools;
using Fabric.Grains.Nics;
using Fabric.Grains.QosPolicies;
using Fabric.Grains.Runtime;
using Fabric.Grains.SecurityGroups;
using Fabric.Grains.StaticIPs;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Grains.Workloads;
using Fabric.Kube.Queues;
using Fabric.Policy.Model;
using Fabric.Resources;
using Fabric.Server.Policies;
using Fabric.Server.Sharing;
using Fabric.Server.Workloads;
using Microsoft.Extensions.Logging;

namespace Fabric.Server.Control;

/// <summary>Has each grain that is this replica's look at its object whenever something it depends on has changed.</summary>
/// <remarks>What leads to what is in <see cref="Triggers"/>; here a key leads to its grain.</remarks>
internal sealed class ControlLoop(
    Watched watched, IGrainFactory grains, Leftovers leftovers, PolicyBook book, PolicyRealizer policies, ShareGate gate, Handover handover, WorkQueue<WorkItem> queue, ILogger logger)
{
    /// <summary>Works until cancelled.</summary>
    internal Task RunAsync(CancellationToken cancellationToken) => queue.RunAsync(
        WorkAsync,
        (item, e, wait) => logger.LogWarning("{Item}: {Message}; again in {Wait:0.0} s", item, e.Message, wait.TotalSeconds),
        cancellationToken);

    private async Task<TimeSpan?> WorkAsync(WorkItem item, CancellationToken cancellationToken)
    {
        var closing = await gate.EnterAsync(cancellationToken);
        if (!gate.Share.Owns(item.Share))
        {
            handover.GiveUp(item);
            return null;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closing);
        try
        {
            return await ReconcileAsync(item, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && (closing.IsCancellationRequested || !gate.Share.Owns(item.Share)))
        {
            // Whoever has it now looks at it; if that is this replica again, once it may.
            return TimeSpan.Zero;
        }
    }

    private Task<TimeSpan?> ReconcileAsync(WorkItem item, CancellationToken cancellationToken) => item.Kind switch
    {
        WorkKind.Vpc => grains.GetGrain<IVpcGrain>(item.Key).ReconcileAsync(cancellationToken),
        WorkKind.Subnet => grains.GetGrain<ISubnetGrain>(item.Key).ReconcileAsync(cancellationToken),
        WorkKind.Nic => grains.GetGrain<INicGrain>(item.Key).ReconcileAsync(cancellationToken),
        WorkKind.StaticIP => grains.GetGrain<IStaticIPGrain>(item.Key).ReconcileAsync(cancellationToken),
        WorkKind.IPPool => grains.GetGrain<IIPPoolGrain>(item.Key).ReconcileAsync(cancellationToken),
        WorkKind.QosPolicy => grains.GetGrain<IQosPolicyGrain>(item.Key).ReconcileAsync(
            watched.NicsOfQosPolicy.Find(item.Key.Name).Count,
            [.. watched.SubnetsOfQosPolicy.Find(item.Key.Name).Select(subnet => subnet.Metadata.Name!).Order(StringComparer.Ordinal)],
            cancellationToken),
        WorkKind.SecurityGroup => grains.GetGrain<ISecurityGroupGrain>(item.Key).ReconcileAsync(
            book.CountOf(new(PolicyKind.SecurityGroup, item.Key)),
            watched.NicsOfNamespace.Find(item.Key.Namespace!).Count(nic => nic.Spec.SecurityGroups.Contains(item.Key.Name)),
            cancellationToken),
        WorkKind.Policies => policies.ReconcileAsync(cancellationToken),
        WorkKind.Pod => WorkloadAsync(NicOwnerKind.Pod, item.Key, watched.Pods.Get(item.Key) is { } pod ? WorkloadReader.Of(pod) : null, cancellationToken),
        WorkKind.VirtualMachine => WorkloadAsync(
            NicOwnerKind.VirtualMachine, item.Key, watched.VirtualMachines.Get(item.Key) is { } vm ? WorkloadReader.Of(vm) : null, cancellationToken),
        WorkKind.Instance => WorkloadAsync(
            NicOwnerKind.VirtualMachineInstance, item.Key, watched.Instances.Get(item.Key) is { } instance ? WorkloadReader.Of(instance) : null, cancellationToken),
        WorkKind.Address => Task.FromResult(leftovers.LookAtAddress(item.Key)),
        WorkKind.Mac => Task.FromResult(leftovers.LookAtMac(item.Key)),
        WorkKind.UnusedAddresses => leftovers.GiveBackAddressesAsync(item.Key.Name, cancellationToken),
        WorkKind.UnusedMacs => leftovers.GiveBackMacsAsync(item.Key.Name, cancellationToken),
        _ => leftovers.RemoveRowsAsync(cancellationToken),
    };

    private Task<TimeSpan?> WorkloadAsync(NicOwnerKind kind, ObjectKey key, Workload? workload, CancellationToken cancellationToken) =>
        grains.GetGrain<IWorkloadGrain>(IWorkloadGrain.KeyOf(kind, key.Namespace!, key.Name))
            .ReconcileAsync(workload, [.. watched.NicsOfWorkload.Find(Watched.WorkloadKey(kind, key.Namespace!, key.Name))], cancellationToken);
}
