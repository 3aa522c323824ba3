using Fabric.Kube;
using Fabric.Kube.Informers;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Server.Workloads;
using Vmnet.KubeVirt;

namespace Fabric.Server.Control;

/// <summary>The control plane's copies of what it looks at, with the indexes by which one thing leads to another.</summary>
internal sealed class Watched
{
    private readonly IReadOnlyList<Copy> _copies;

    internal Watched(KubeClient client)
    {
        Vpcs = new Informer<Vpc>(client, ResourceTypes.Vpcs);
        Subnets = new Informer<Subnet>(client, ResourceTypes.Subnets);
        Nics = new Informer<Nic>(client, ResourceTypes.Nics);
        IPClaims = new Informer<IPClaim>(client, ResourceTypes.IPClaims);
        MacClaims = new Informer<MacClaim>(client, ResourceTypes.MacClaims);
        Pods = new Informer<Pod>(client, ResourceTypes.Pods);
        VirtualMachines = new Informer<VirtualMachine>(client, KubeVirtTypes.VirtualMachines);
        Instances = new Informer<VirtualMachineInstance>(client, KubeVirtTypes.Instances);
        StaticIPs = new Informer<StaticIP>(client, ResourceTypes.StaticIPs);
        IPPools = new Informer<IPPool>(client, ResourceTypes.IPPools);
        QosPolicies = new Informer<QosPolicy>(client, ResourceTypes.QosPolicies);
        SecurityGroups = new Informer<SecurityGroup>(client, ResourceTypes.SecurityGroups);
        NetworkPolicies = new Informer<NetworkPolicy>(client, ResourceTypes.NetworkPolicies);
        Namespaces = new Informer<Namespace>(client, ResourceTypes.Namespaces);
        _copies =
        [
            Copy.Of(ResourceTypes.Vpcs, Vpcs), Copy.Of(ResourceTypes.Subnets, Subnets), Copy.Of(ResourceTypes.Nics, Nics), Copy.Of(ResourceTypes.IPClaims, IPClaims),
            Copy.Of(ResourceTypes.MacClaims, MacClaims), Copy.Of(ResourceTypes.StaticIPs, StaticIPs), Copy.Of(ResourceTypes.IPPools, IPPools),
            Copy.Of(ResourceTypes.QosPolicies, QosPolicies), Copy.Of(ResourceTypes.Namespaces, Namespaces), Copy.Of(ResourceTypes.Pods, Pods),
            Copy.Of(ResourceTypes.SecurityGroups, SecurityGroups), Copy.Of(ResourceTypes.NetworkPolicies, NetworkPolicies),
            Copy.Of(KubeVirtTypes.VirtualMachines, VirtualMachines), Copy.Of(KubeVirtTypes.Instances, Instances),
        ];
        SubnetsOfVpc = Subnets.AddIndex(subnet => [subnet.Spec.Vpc]);
        NicsOfNamespace = Nics.AddIndex(nic => [nic.Metadata.Namespace!]);
        NicsOfSubnet = Nics.AddIndex(nic => [nic.Spec.Subnet]);
        WaitingNicsOfSubnet = Nics.AddIndex(nic => nic.Status?.Conditions.Find(Condition.Ready) is { IsTrue: true } ? [] : [nic.Spec.Subnet]);
        NicsOfQosPolicy = Nics.AddIndex(nic => nic.Status?.QosPolicy is { } policy ? [policy] : []);
        SubnetsOfQosPolicy = Subnets.AddIndex(subnet => [.. new[] { subnet.Spec.QosPolicy, subnet.Spec.SumQosPolicy }.OfType<string>().Distinct()]);
        NicsAllowed = Nics.AddIndex(nic => nic.Spec.AllowedAddresses.Select(allowed => allowed.Single).OfType<IpAddress>().Select(address => IPClaim.NameOf(nic.Spec.Subnet, address)));
        StaticIPsOfSubnet = StaticIPs.AddIndex(kept => [kept.Spec.Subnet]);
        IPPoolsOfSubnet = IPPools.AddIndex(pool => [pool.Spec.Subnet]);
        MacsOfNic = MacClaims.AddIndex(claim => claim.Spec.Owner is { } owner ? [owner.Uid] : []);
        NicsOfWorkload = Nics.AddIndex(nic => [WorkloadKey(nic.Spec.Owner.Kind, nic.Metadata.Namespace!, nic.Spec.Owner.Name)]);
        NicsOfPod = Nics.AddIndex(nic => nic.Status?.Attachments.Select(attachment => attachment.PodUid) ?? []);
        LaunchersOfVm = Pods.AddIndex(pod => LauncherPod.Identify(pod) is { } vm ? [new ObjectKey(vm.Namespace, vm.Name).ToString()] : []);
        ClaimsOfSubnet = IPClaims.AddIndex(claim => [claim.Spec.Subnet]);
        ClaimsOfVpc = MacClaims.AddIndex(claim => [claim.Spec.Vpc]);
    }

    internal Informer<Vpc> Vpcs { get; }

    internal Informer<Subnet> Subnets { get; }

    internal Informer<Nic> Nics { get; }

    internal Informer<IPClaim> IPClaims { get; }

    internal Informer<MacClaim> MacClaims { get; }

    internal Informer<Pod> Pods { get; }

    internal Informer<VirtualMachine> VirtualMachines { get; }

    internal Informer<VirtualMachineInstance> Instances { get; }

    internal Informer<StaticIP> StaticIPs { get; }

    internal Informer<IPPool> IPPools { get; }

    internal Informer<QosPolicy> QosPolicies { get; }

    internal Informer<SecurityGroup> SecurityGroups { get; }

    internal Informer<NetworkPolicy> NetworkPolicies { get; }

    internal Informer<Namespace> Namespaces { get; }

    internal InformerIndex<Subnet> SubnetsOfVpc { get; }

    internal InformerIndex<Subnet> SubnetsOfQosPolicy { get; }

    internal InformerIndex<Nic> WaitingNicsOfSubnet { get; }

    internal InformerIndex<Nic> NicsOfQosPolicy { get; }

    /// <summary>Nics that are allowed an address beside their own, by the name of the claim that takes it.</summary>
    internal InformerIndex<Nic> NicsAllowed { get; }

    internal InformerIndex<StaticIP> StaticIPsOfSubnet { get; }

    internal InformerIndex<IPPool> IPPoolsOfSubnet { get; }

    internal InformerIndex<MacClaim> MacsOfNic { get; }

    internal InformerIndex<Nic> NicsOfNamespace { get; }

    internal InformerIndex<Nic> NicsOfSubnet { get; }

    internal InformerIndex<Nic> NicsOfWorkload { get; }

    internal InformerIndex<Nic> NicsOfPod { get; }

    /// <summary>The launcher pods of an instance, by its key.</summary>
    internal InformerIndex<Pod> LaunchersOfVm { get; }

    internal InformerIndex<IPClaim> ClaimsOfSubnet { get; }

    internal InformerIndex<MacClaim> ClaimsOfVpc { get; }

    /// <summary>The key of <see cref="NicsOfWorkload"/>.</summary>
    internal static string WorkloadKey(NicOwnerKind kind, string ns, string name) => $"{kind}/{ns}/{name}";

    /// <summary>The Nic that something is taken for, as last seen; null when there is none, or only another one of its name.</summary>
    internal Nic? NicOf(ClaimOwner? owner) =>
        owner is not null && Nics.Get(new ObjectKey(owner.Namespace, owner.Name)) is { } nic && nic.Metadata.Uid == owner.Uid ? nic : null;

    /// <summary>What has the name of a Nic's owner, as last seen, or null.</summary>
    internal IKubeObject? OwnerOf(Nic nic)
    {
        var key = new ObjectKey(nic.Metadata.Namespace, nic.Spec.Owner.Name);
        return nic.Spec.Owner.Kind switch
        {
            NicOwnerKind.Pod => Pods.Get(key),
            NicOwnerKind.VirtualMachine => VirtualMachines.Get(key),
            NicOwnerKind.VirtualMachineInstance => Instances.Get(key),
            _ => null,
        };
    }

    /// <summary>The StaticIP that keeps something, as last seen; null when there is none, or only another one of its name.</summary>
    internal StaticIP? StaticIPOf(ClaimOwner? keeper) =>
        keeper is not null && StaticIPs.Get(new ObjectKey(keeper.Namespace, keeper.Name)) is { } kept && kept.Metadata.Uid == keeper.Uid ? kept : null;

    /// <summary>The copy of a kind, or null when it is not watched or its first list is still to come.</summary>
    internal Informer<T>? CopyOf<T>(ResourceType<T> type)
        where T : class, IKubeObject =>
        _copies.FirstOrDefault(copy => ReferenceEquals(copy.Type, type))?.Informer is Informer<T> { HasSynced: true } informer ? informer : null;

    /// <summary>Everything that a grain looks at; some more than once.</summary>
    internal IEnumerable<WorkItem> Items() =>
    [
        .. Vpcs.List().Select(WorkItem.Of),
        .. Subnets.List().Select(WorkItem.Of),
        .. IPPools.List().Select(WorkItem.Of),
        .. StaticIPs.List().Select(WorkItem.Of),
        .. QosPolicies.List().Select(WorkItem.Of),
        .. SecurityGroups.List().Select(group => WorkItem.SecurityGroup(ResourceTypes.SecurityGroups.KeyOf(group))),
        WorkItem.Policies,
        .. Nics.List().Select(WorkItem.Of),
        .. Workloads(),
        // Pods and VMs that are gone, and whose Nics are not yet.
        .. Nics.List().Select(WorkItem.WorkloadOf).OfType<WorkItem>(),
    ];

    /// <summary>The pods and VMs that have Nics, or should have.</summary>
    internal IEnumerable<WorkItem> Workloads() =>
    [
        .. Pods.List().Where(WorkloadReader.IsWorkload).Select(WorkItem.Of),
        .. VirtualMachines.List().Select(WorkItem.Of),
        .. Instances.List().Where(WorkloadReader.IsWorkload).Select(WorkItem.Of),
    ];

    /// <summary>Everywhere where something may have been left of what is no more.</summary>
    internal IEnumerable<WorkItem> Leftovers() =>
    [
        WorkItem.UnusedRows,
        .. IPClaims.List().Select(claim => claim.Spec.Subnet).Distinct().Select(WorkItem.UnusedAddresses),
        .. MacClaims.List().Select(claim => claim.Spec.Vpc).Distinct().Select(WorkItem.UnusedMacs),
    ];

    /// <summary>Fills and keeps the copies until cancelled, or until one fails: without it the others would be gone by in silence.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] running = [.. _copies.Select(copy => copy.RunAsync(ending.Token))];
        var first = await Task.WhenAny(running);
        await ending.CancelAsync();
        await Task.WhenAll(running.Where(each => each != first)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    /// <summary>Completes when all copies have their first list.</summary>
    internal Task WaitForSyncAsync(CancellationToken cancellationToken) => Task.WhenAll(_copies.Select(copy => copy.WaitForSyncAsync(cancellationToken)));

    /// <summary>A copy, whatever it is of.</summary>
    private sealed record Copy(object Type, object Informer, Func<CancellationToken, Task> RunAsync, Func<CancellationToken, Task> WaitForSyncAsync)
    {
        internal static Copy Of<T>(ResourceType<T> type, Informer<T> informer)
            where T : class, IKubeObject => new(type, informer, informer.RunAsync, informer.WaitForSyncAsync);
    }
}
