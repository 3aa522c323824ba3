using System.Text.Json.Serialization;

namespace Fabric.Resources;

/// <summary>A page of objects with the version the page was read at.</summary>
public sealed record KubeList<T>
{
    /// <summary>The list's version and where the next page begins.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects of this page.</summary>
    public IReadOnlyList<T> Items { get; init => field = value ?? []; } = [];

    /// <summary>Objects that are there and cannot be read as the type: not among <see cref="Items"/>, and not gone either.</summary>
    [JsonIgnore]
    public IReadOnlyList<ObjectKey> Unreadable { get; init; } = [];
}

/// <summary>Kubernetes <c>meta/v1 ListMeta</c>.</summary>
public sealed record ListMeta
{
    /// <summary>The version to watch from.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>The token of the next page; empty on the last.</summary>
    public string? Continue { get; init; }

    /// <summary>How many objects follow this page, if the server knows.</summary>
    public long? RemainingItemCount { get; init; }
}
