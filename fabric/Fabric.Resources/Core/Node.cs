using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Primitives;

namespace Fabric.Resources.Core;

/// <summary>A Kubernetes Node: what Fabric and the lab's kubelet use of it.</summary>
public sealed record Node : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(Node); } = nameof(Node);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>How the node may be used.</summary>
    public NodeSpec? Spec { get; init; }

    /// <summary>What the kubelet reports.</summary>
    public NodeStatus? Status { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>How a node may be used.</summary>
public sealed record NodeSpec
{
    /// <summary>Whether new pods are kept away (<c>kubectl cordon</c>).</summary>
    public bool? Unschedulable { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>What the kubelet reports of a node.</summary>
public sealed record NodeStatus
{
    /// <summary>Conditions such as <c>Ready</c>.</summary>
    public EquatableArray<StatusCondition>? Conditions { get; init; }

    /// <summary>The node's addresses by type, such as <c>InternalIP</c> and <c>Hostname</c>.</summary>
    public EquatableArray<NodeAddress>? Addresses { get; init; }

    /// <summary>What the node has, by resource name, as quantities.</summary>
    public EquatableMap<string, string>? Capacity { get; init; }

    /// <summary>What of it pods may use.</summary>
    public EquatableMap<string, string>? Allocatable { get; init; }

    /// <summary>Kernel, operating system and container runtime, as the kubelet writes them.</summary>
    public JsonElement? NodeInfo { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>An address of a node.</summary>
/// <param name="Type"><c>InternalIP</c>, <c>ExternalIP</c> or <c>Hostname</c>.</param>
/// <param name="Address">The address or name.</param>
public sealed record NodeAddress(string Type, string Address);

/// <summary>
/// A condition of a core or KubeVirt kind: like <see cref="Condition"/> but with their additional times.
/// </summary>
public sealed record StatusCondition
{
    /// <summary>What is observed, such as <c>Ready</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public required string Status { get; init; }

    /// <summary>One CamelCase word for programs.</summary>
    public string? Reason { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Message { get; init; }

    /// <summary>When it was last looked at.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? LastProbeTime { get; init; }

    /// <summary>When the kubelet last reported it.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? LastHeartbeatTime { get; init; }

    /// <summary>When the status last changed.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
