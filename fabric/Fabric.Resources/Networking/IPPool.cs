using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// Ranges of a subnet set aside for some namespaces or workloads: those take their addresses from it and from nowhere
/// else, but for an address that is asked for or kept for them by name; and nobody else gets one of it.
/// </summary>
[CustomResource("ippools", Scope.Cluster, ShortNames = "ipp", Category = "fabric")]
[PrinterColumn("Subnet", "string", ".spec.subnet")]
[PrinterColumn("Namespaces", "string", ".spec.namespaces[*]")]
[PrinterColumn("Used", "integer", ".status.used")]
[PrinterColumn("Free", "integer", ".status.free")]
[PrinterColumn("Free-Ranges", "string", ".status.freeRanges[*]", Priority = 1)]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason", Priority = 1)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed record IPPool : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(IPPool); } = nameof(IPPool);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is set aside, and for whom.</summary>
    public required IPPoolSpec Spec { get; init; }

    /// <summary>What is so; written by Fabric.</summary>
    public IPPoolStatus? Status { get; init; }
}

/// <summary>What an IPPool sets aside, and for whom.</summary>
public sealed record IPPoolSpec
{
    /// <summary>The Subnet the ranges are in. It cannot be changed.</summary>
    [Immutable, MinLength(1), MaxLength(253)]
    public required string Subnet { get; init; }

    /// <summary>The addresses: single ones or ranges such as <c>10.20.0.10-10.20.0.19</c>, in the subnet and in no other pool.</summary>
    [MaxItems(64)]
    public required EquatableArray<IpRange> Ranges { get; init; }

    /// <summary>
    /// The namespaces it is for; all when empty. Without a selector either, it is only for workloads that name the pool.
    /// </summary>
    [MaxItems(1024), EachName]
    public EquatableArray<string> Namespaces { get; init; }

    /// <summary>The workloads it is for, by their labels; all in the namespaces when absent.</summary>
    public LabelSelector? Selector { get; init; }
}

/// <summary>What is so of an IPPool.</summary>
public sealed record IPPoolStatus
{
    /// <summary>The most ranges that the status lists.</summary>
    public const int MostRanges = 64;

    /// <summary>The generation this status answers.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>How many addresses can be given out in all; 2^63-1 stands for all larger numbers.</summary>
    public long Capacity { get; init; }

    /// <summary>How many are taken, by Nics and StaticIPs.</summary>
    public long Used { get; init; }

    /// <summary>How many are left; 2^63-1 stands for all larger numbers.</summary>
    public long Free { get; init; }

    /// <summary>The addresses taken, as ranges in order; the first 64.</summary>
    [MaxItems(MostRanges)]
    public EquatableArray<IpRange> UsedRanges { get; init; }

    /// <summary>The addresses left, as ranges in order; the first 64.</summary>
    [MaxItems(MostRanges)]
    public EquatableArray<IpRange> FreeRanges { get; init; }

    /// <summary>Ready, and why not.</summary>
    [ListMapKey("type")]
    public EquatableArray<Condition> Conditions { get; init; }
}
