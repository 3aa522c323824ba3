using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// A routing domain: its subnets are routed among each other and meet no other Vpc. Two Vpcs may use the same addresses.
/// </summary>
[CustomResource("vpcs", Scope.Cluster, Category = "fabric")]
[PrinterColumn("Subnets", "string", ".status.subnets")]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason", Priority = 1)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed record Vpc : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(Vpc); } = nameof(Vpc);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What the user asks for.</summary>
    public VpcSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is so; written by Fabric.</summary>
    public VpcStatus? Status { get; init; }

    /// <summary>The Vpc of a Subnet that names none; made by the control plane when it is missing.</summary>
    public const string DefaultName = "default";
}

/// <summary>What a user asks of a Vpc.</summary>
public sealed record VpcSpec
{
    /// <summary>The namespaces whose workloads may use subnets of this Vpc; all when empty.</summary>
    [EachName]
    public EquatableArray<string> Namespaces { get; init; }
}

/// <summary>What is so of a Vpc.</summary>
public sealed record VpcStatus
{
    /// <summary>The generation this status answers.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>The name of the OVN logical router.</summary>
    public string? Router { get; init; }

    /// <summary>The names of the subnets, in order.</summary>
    public EquatableArray<string> Subnets { get; init; }

    /// <summary>Ready, and why not.</summary>
    [ListMapKey("type")]
    public EquatableArray<Condition> Conditions { get; init; }
}
