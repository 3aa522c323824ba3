using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// What a Nic is held to, decided by the control plane and enforced on its node. Directions are the VM's: ingress is towards the VM.
/// Where a node cannot enforce it, the Nic has the condition <c>QosEnforced</c> with status False.
/// </summary>
public sealed record NicQos
{
    /// <summary>The type of the condition that says that part of it is not enforced, and why; written by the node's agent, absent when all is.</summary>
    public const string EnforcedCondition = "QosEnforced";

    /// <summary>Towards the VM; not limited when absent.</summary>
    public QosLimit? Ingress { get; init; }

    /// <summary>From the VM; not limited when absent.</summary>
    public QosLimit? Egress { get; init; }

    /// <summary>The DSCP set in packets from the VM, 0 to 63; left as it is when absent.</summary>
    [Minimum(0), Maximum(63)]
    public int? Dscp { get; init; }

    /// <summary>How important what it sends is where its node's uplink is full: 0 (last, as without) to 7 (first).</summary>
    [Minimum(0), Maximum(7)]
    public int? Priority { get; init; }

    /// <summary>What the Nics of its Subnet on its node are held to together; absent when their sum is not limited.</summary>
    public SubnetSum? Sum { get; init; }

    /// <summary>Which annotation, or which QosPolicy named by whom, each of the above comes from.</summary>
    [ListMapKey("field"), MaxItems(8)]
    public EquatableArray<WishSource> Sources { get; init; }
}

/// <summary>What the sum of a Subnet's Nics on each node is held to.</summary>
public sealed record SubnetSum
{
    /// <summary>The Subnet.</summary>
    [MinLength(1), MaxLength(253)]
    public required string Subnet { get; init; }

    /// <summary>Towards the VMs; not limited when absent.</summary>
    public QosLimit? Ingress { get; init; }

    /// <summary>From the VMs; not limited when absent.</summary>
    public QosLimit? Egress { get; init; }
}
