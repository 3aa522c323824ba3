using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Primitives;

namespace Fabric.Resources;

/// <summary>The metadata of an object (Kubernetes <c>meta/v1 ObjectMeta</c>).</summary>
public sealed record ObjectMeta
{
    /// <summary>The name: a DNS-1123 subdomain, unique for the kind in its namespace.</summary>
    public string? Name { get; init; }

    /// <summary>A prefix from which the server makes a name when <see cref="Name"/> is empty.</summary>
    public string? GenerateName { get; init; }

    /// <summary>The namespace; empty for kinds that have none.</summary>
    public string? Namespace { get; init; }

    /// <summary>What tells this object from an earlier one of the same name; written by the server.</summary>
    public string? Uid { get; init; }

    /// <summary>The version for optimistic concurrency: opaque, compared for equality only.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Counts changes of the wish; written by the server.</summary>
    public long? Generation { get; init; }

    /// <summary>When the server accepted the object, to the second.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set when deletion was asked for and finalizers or a grace period hold it back.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>How long a pod may take to end, in seconds.</summary>
    public long? DeletionGracePeriodSeconds { get; init; }

    /// <summary>Keys and values that selectors match.</summary>
    public EquatableMap<string, string>? Labels { get; init; }

    /// <summary>Keys and values that are not selected by.</summary>
    public EquatableMap<string, string>? Annotations { get; init; }

    /// <summary>Who must agree before the object goes.</summary>
    public EquatableArray<string>? Finalizers { get; init; }

    /// <summary>The objects this one belongs to; when all are gone, it is collected.</summary>
    public EquatableArray<OwnerReference>? OwnerReferences { get; init; }

    /// <summary>Fields this version does not know, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The value of an annotation, or null.</summary>
    public string? Annotation(string key) => Annotations is { } all && all.TryGetValue(key, out var value) ? value : null;

    /// <summary>The value of a label, or null.</summary>
    public string? Label(string key) => Labels is { } all && all.TryGetValue(key, out var value) ? value : null;

    /// <summary>Whether <paramref name="finalizer"/> holds the object.</summary>
    public bool HasFinalizer(string finalizer) => Finalizers is { } all && all.Contains(finalizer);

    /// <summary>Whether deletion was asked for.</summary>
    [JsonIgnore]
    public bool IsDeleting => DeletionTimestamp is not null;
}

/// <summary>A reference from a dependent object to its owner (Kubernetes <c>meta/v1 OwnerReference</c>).</summary>
public sealed record OwnerReference
{
    /// <summary>The owner's <c>group/version</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>The owner's kind.</summary>
    public required string Kind { get; init; }

    /// <summary>The owner's name, in the same namespace or cluster scoped.</summary>
    public required string Name { get; init; }

    /// <summary>The owner's uid: an owner made again under the same name does not count.</summary>
    public required string Uid { get; init; }

    /// <summary>Whether this owner is the one that manages the object; at most one is.</summary>
    public bool? Controller { get; init; }

    /// <summary>Whether foreground deletion of the owner waits for this object.</summary>
    public bool? BlockOwnerDeletion { get; init; }
}
