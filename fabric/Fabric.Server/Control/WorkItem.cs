using Fabric.Realization;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Server.Sharing;
using Vmnet.KubeVirt;

namespace Fabric.Server.Control;

/// <summary>What a key in the control loop's queue names.</summary>
internal enum WorkKind
{
    /// <summary>A Vpc.</summary>
    Vpc,

    /// <summary>A Subnet.</summary>
    Subnet,

    /// <summary>A Nic.</summary>
    Nic,

    /// <summary>A StaticIP.</summary>
    StaticIP,

    /// <summary>An IPPool.</summary>
    IPPool,

    /// <summary>A QosPolicy.</summary>
    QosPolicy,

    /// <summary>A SecurityGroup: what it says of itself.</summary>
    SecurityGroup,

    /// <summary>What all SecurityGroups and NetworkPolicies want of OVN.</summary>
    Policies,

    /// <summary>A pod as a workload.</summary>
    Pod,

    /// <summary>A VirtualMachine as a workload.</summary>
    VirtualMachine,

    /// <summary>A VirtualMachineInstance as a workload.</summary>
    Instance,

    /// <summary>An address that was taken, by the name of its claim: whether anybody needs it.</summary>
    Address,

    /// <summary>A MAC that was taken, by the name of its claim.</summary>
    Mac,

    /// <summary>The addresses of a Subnet that are taken for Nics which are no more.</summary>
    UnusedAddresses,

    /// <summary>The MACs of a Vpc that are taken for Nics which are no more.</summary>
    UnusedMacs,

    /// <summary>OVN's rows of objects that are no more.</summary>
    UnusedRows,
}

/// <summary>Something to look at.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">Which.</param>
/// <param name="Share">By what it is decided which replica looks at it.</param>
internal readonly record struct WorkItem(WorkKind Kind, ObjectKey Key, SharingKey Share)
{
    /// <summary>OVN's rows of objects that are no more: one replica looks for all.</summary>
    internal static WorkItem UnusedRows { get; } = new(WorkKind.UnusedRows, new ObjectKey("all"), SharingKey.Everything);

    /// <summary>All policies: one replica renders them.</summary>
    internal static WorkItem Policies { get; } = new(WorkKind.Policies, new ObjectKey("all"), SharingKey.Everything);

    /// <summary>The object whose rows are kept in OVN, or null for what has none.</summary>
    internal RowOwner? RowOwner => Kind switch
    {
        WorkKind.Vpc => Fabric.Realization.RowOwner.Vpc(Key.Name),
        WorkKind.Subnet => Fabric.Realization.RowOwner.Subnet(Key.Name),
        WorkKind.Nic => Fabric.Realization.RowOwner.Nic(Key),
        _ => null,
    };

    internal static WorkItem Of(Vpc vpc) => Vpc(vpc.Metadata.Name!);

    internal static WorkItem Vpc(string name) => new(WorkKind.Vpc, new ObjectKey(name), SharingKey.Vpc(name));

    internal static WorkItem Of(Subnet subnet) => Subnet(subnet.Metadata.Name!);

    internal static WorkItem Subnet(string name) => new(WorkKind.Subnet, new ObjectKey(name), SharingKey.Subnet(name));

    internal static WorkItem Of(Nic nic) => new(WorkKind.Nic, ResourceTypes.Nics.KeyOf(nic), SharingKey.Subnet(nic.Spec.Subnet));

    internal static WorkItem Of(StaticIP kept) => new(WorkKind.StaticIP, ResourceTypes.StaticIPs.KeyOf(kept), SharingKey.Subnet(kept.Spec.Subnet));

    internal static WorkItem Of(IPPool pool) => new(WorkKind.IPPool, ResourceTypes.IPPools.KeyOf(pool), SharingKey.Subnet(pool.Spec.Subnet));

    internal static WorkItem Of(QosPolicy policy) => QosPolicy(policy.Metadata.Name!);

    internal static WorkItem QosPolicy(string name) => new(WorkKind.QosPolicy, new ObjectKey(name), SharingKey.QosPolicy(name));

    internal static WorkItem SecurityGroup(ObjectKey key) => new(WorkKind.SecurityGroup, key, SharingKey.SecurityGroup(key));

    internal static WorkItem Of(Pod pod) => Workload(WorkKind.Pod, ResourceTypes.Pods.KeyOf(pod));

    internal static WorkItem Of(VirtualMachine vm) => Workload(WorkKind.VirtualMachine, KubeVirtTypes.VirtualMachines.KeyOf(vm));

    internal static WorkItem Of(VirtualMachineInstance instance) => Workload(WorkKind.Instance, KubeVirtTypes.Instances.KeyOf(instance));

    /// <summary>The pod or VM that a Nic is for; null for a container's, which its node's agent makes and removes.</summary>
    internal static WorkItem? WorkloadOf(Nic nic)
    {
        var key = new ObjectKey(nic.Metadata.Namespace, nic.Spec.Owner.Name);
        return nic.Spec.Owner.Kind switch
        {
            NicOwnerKind.Pod => Workload(WorkKind.Pod, key),
            NicOwnerKind.VirtualMachine => Workload(WorkKind.VirtualMachine, key),
            NicOwnerKind.VirtualMachineInstance => Workload(WorkKind.Instance, key),
            _ => null,
        };
    }

    internal static WorkItem Of(IPClaim claim) => new(WorkKind.Address, ResourceTypes.IPClaims.KeyOf(claim), SharingKey.Subnet(claim.Spec.Subnet));

    internal static WorkItem Of(MacClaim claim) => new(WorkKind.Mac, ResourceTypes.MacClaims.KeyOf(claim), SharingKey.Vpc(claim.Spec.Vpc));

    internal static WorkItem UnusedAddresses(string subnet) => new(WorkKind.UnusedAddresses, new ObjectKey(subnet), SharingKey.Subnet(subnet));

    internal static WorkItem UnusedMacs(string vpc) => new(WorkKind.UnusedMacs, new ObjectKey(vpc), SharingKey.Vpc(vpc));

    /// <summary><c>Kind key</c>, for logs.</summary>
    public override string ToString() => $"{Kind} {Key}";

    private static WorkItem Workload(WorkKind kind, ObjectKey key) => new(kind, key, SharingKey.Workload(key));
}
