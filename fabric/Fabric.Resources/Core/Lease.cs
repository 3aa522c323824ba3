using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Resources.Core;

/// <summary>A coordination.k8s.io/v1 Lease.</summary>
public sealed record Lease : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? "coordination.k8s.io/v1"; } = "coordination.k8s.io/v1";

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(Lease); } = nameof(Lease);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Who holds it, and how long.</summary>
    public LeaseSpec? Spec { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Who holds a lease, and how long.</summary>
public sealed record LeaseSpec
{
    /// <summary>The holder.</summary>
    public string? HolderIdentity { get; init; }

    /// <summary>How long others wait after <see cref="RenewTime"/> before they may take it, in seconds.</summary>
    public int? LeaseDurationSeconds { get; init; }

    /// <summary>When the holder took it.</summary>
    [JsonConverter(typeof(KubeMicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; init; }

    /// <summary>When the holder last renewed it.</summary>
    [JsonConverter(typeof(KubeMicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often it changed hands.</summary>
    public int? LeaseTransitions { get; init; }
}
