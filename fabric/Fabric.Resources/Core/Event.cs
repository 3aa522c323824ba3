using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Resources.Core;

/// <summary>A Kubernetes core/v1 Event: something that happened to an object, for people.</summary>
public sealed record Event : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(Event); } = nameof(Event);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The object it happened to.</summary>
    public required ObjectReference InvolvedObject { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }

    /// <summary>One CamelCase word for programs.</summary>
    public string? Reason { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Message { get; init; }

    /// <summary>How often it happened.</summary>
    public int? Count { get; init; }

    /// <summary>When it first happened.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? FirstTimestamp { get; init; }

    /// <summary>When it last happened.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? LastTimestamp { get; init; }

    /// <summary>Who says so.</summary>
    public EventSource? Source { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Who says so.</summary>
public sealed record EventSource
{
    /// <summary>The program.</summary>
    public string? Component { get; init; }

    /// <summary>The node it runs on.</summary>
    public string? Host { get; init; }
}

/// <summary>A reference to an object (Kubernetes core/v1 ObjectReference).</summary>
public sealed record ObjectReference
{
    /// <summary>The object's <c>group/version</c>.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>The object's kind.</summary>
    public string? Kind { get; init; }

    /// <summary>The object's namespace, if it has one.</summary>
    public string? Namespace { get; init; }

    /// <summary>The object's name.</summary>
    public string? Name { get; init; }

    /// <summary>The object's uid.</summary>
    public string? Uid { get; init; }

    /// <summary>The object's version at that time.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>A part of the object, such as a container.</summary>
    public string? FieldPath { get; init; }
}
