using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// How fast a Nic may send and receive. It limits each Nic that names it, that it selects, or whose subnet names it as
/// <c>qosPolicy</c>, by itself; a Nic's own name goes before a selector, and that before the subnet. The sum of a subnet's Nics on each
/// node is limited by the one that the subnet names as <c>sumQosPolicy</c>. A change applies at once to Nics that run.
/// Directions are the VM's: ingress is towards the VM, egress is from it.
/// </summary>
[CustomResource("qospolicies", Scope.Cluster, ShortNames = "qos", Category = "fabric")]
[PrinterColumn("Ingress", "string", ".spec.ingress.average")]
[PrinterColumn("Egress", "string", ".spec.egress.average")]
[PrinterColumn("Priority", "integer", ".spec.priority", Priority = 1)]
[PrinterColumn("DSCP", "integer", ".spec.dscp", Priority = 1)]
[PrinterColumn("Nics", "integer", ".status.nics")]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed record QosPolicy : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(QosPolicy); } = nameof(QosPolicy);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The limits.</summary>
    public required QosPolicySpec Spec { get; init; }

    /// <summary>What is so; written by Fabric.</summary>
    public QosPolicyStatus? Status { get; init; }
}

/// <summary>The limits of a QosPolicy.</summary>
public sealed record QosPolicySpec
{
    /// <summary>Towards the VM; not limited when absent.</summary>
    public QosLimit? Ingress { get; init; }

    /// <summary>From the VM; not limited when absent.</summary>
    public QosLimit? Egress { get; init; }

    /// <summary>The namespaces whose Nics it selects; all when empty. Without a selector either, it is only for those who name it.</summary>
    [MaxItems(1024), EachName]
    public EquatableArray<string> Namespaces { get; init; }

    /// <summary>The Nics it selects, by the labels of their workloads; all in the namespaces when absent. Of several policies the first by name counts.</summary>
    public LabelSelector? Selector { get; init; }

    /// <summary>
    /// Whose packets to other nodes go first when the node's uplink is full: 0 (last, as without) to 7 (first). Each priority is assured
    /// a thirty-second of the uplink, and an eighth is what the node itself sends. Where the node is not told how fast its uplink is, the
    /// Nic has the condition <c>QosEnforced</c> with status False.
    /// </summary>
    [Minimum(0), Maximum(7)]
    public int? Priority { get; init; }

    /// <summary>The DSCP set in packets from the VM, 0 to 63 (RFC 2474); left as it is when absent.</summary>
    [Minimum(0), Maximum(63)]
    public int? Dscp { get; init; }
}

/// <summary>A limit in one direction, as vSphere's traffic shaping has it.</summary>
public sealed record QosLimit
{
    /// <summary>The least average in bit/s: below it a packet of 1500 bytes takes longer than a guest waits.</summary>
    public const long LeastRate = 1_000;

    /// <summary>The most average and peak in bit/s: no link is faster.</summary>
    public const long MostRate = 1_000_000_000_000;

    /// <summary>The least burst in bytes: a packet.</summary>
    public const long LeastBurst = 1500;

    /// <summary>The most burst in bytes, which fits the kernel's attribute.</summary>
    public const long MostBurst = uint.MaxValue;

    /// <summary>
    /// The rate that holds over time in bit/s, as a quantity such as <c>100M</c>, 1k to 1T. What counts are Ethernet frames with their
    /// headers and without what the wire adds to them.
    /// </summary>
    public required BitRate Average { get; init; }

    /// <summary>The rate in bit/s that may be reached while the burst lasts; the average when absent, and never less.</summary>
    public BitRate? Peak { get; init; }

    /// <summary>
    /// How much may be sent above the average in bytes, as a quantity such as <c>256Ki</c>, 1500 to 4Gi; 100 ms of the average, but at
    /// least 64Ki, when absent. It is saved up while less than the average is sent, and spent at the peak: without a peak above the
    /// average there are no bursts. One that is less than the largest frame of the Nic's Subnet is taken for that.
    /// </summary>
    public ByteSize? Burst { get; init; }
}

/// <summary>What is so of a QosPolicy.</summary>
public sealed record QosPolicyStatus
{
    /// <summary>The generation this status answers.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>How many Nics it limits.</summary>
    public long Nics { get; init; }

    /// <summary>The Subnets that name it, for each of their Nics or for their sum, in order; the first 64.</summary>
    [MaxItems(64)]
    public EquatableArray<string> Subnets { get; init; }

    /// <summary>Ready, and why not.</summary>
    [ListMapKey("type")]
    public EquatableArray<Condition> Conditions { get; init; }
}
