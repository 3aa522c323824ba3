using System.Text.Json.Serialization;

namespace Fabric.Resources;

/// <summary>One observation about an object (Kubernetes <c>meta/v1 Condition</c>).</summary>
public sealed record Condition
{
    /// <summary>What is observed, CamelCase, such as <c>Ready</c>; unique in the list.</summary>
    public required string Type { get; init; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public required string Status { get; init; }

    /// <summary>One CamelCase word for programs.</summary>
    public string? Reason { get; init; }

    /// <summary>A sentence for people: what is the matter and what to do.</summary>
    public string? Message { get; init; }

    /// <summary>The generation the observation was made at.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>When <see cref="Status"/> last changed.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>The type that says whether the object does its work.</summary>
    public const string Ready = "Ready";

    /// <summary>Whether <see cref="Status"/> is <c>True</c>.</summary>
    [JsonIgnore]
    public bool IsTrue => Status == "True";
}
