using Fabric.Kube.Transport;

namespace Fabric.Cli.Api;

/// <summary>Which objects of a kind.</summary>
internal sealed record Selection
{
    /// <summary>Objects asked for at once.</summary>
    private const string PageSize = "500";

    /// <summary>Null for every namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Label selector, or null.</summary>
    public string? Labels { get; init; }

    /// <summary>Field selector, or null.</summary>
    public string? Fields { get; init; }

    /// <summary>The address of a page.</summary>
    /// <param name="next">Where the page before ended; null for the first.</param>
    public string PagePath(ApiKind kind, string? next) => Query.Append(
        kind.CollectionPath(Namespace), ("labelSelector", Labels), ("fieldSelector", Fields), ("limit", PageSize), ("continue", next));

    /// <summary>The address of the changes after a version.</summary>
    public string WatchPath(ApiKind kind, string version) => Query.Append(
        kind.CollectionPath(Namespace), ("watch", "1"), ("allowWatchBookmarks", "true"), ("resourceVersion", version), ("labelSelector", Labels), ("fieldSelector", Fields));

    /// <summary>Only the object of a name, of those selected.</summary>
    public Selection Named(string name) => this with { Fields = Fields is null ? $"metadata.name={name}" : $"metadata.name={name},{Fields}" };
}
