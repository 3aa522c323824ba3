using System.Text.Json.Nodes;
using Fabric.Cli.Api;

namespace Fabric.Cli.Deleting;

/// <summary>How objects are deleted, and whether the command waits until they are gone.</summary>
internal sealed record DeleteRequest
{
    /// <summary>Wait until nothing holds the objects any more.</summary>
    public bool Wait { get; init; } = true;

    /// <summary>How long it waits; null for as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>An object that is not there is no error.</summary>
    public bool IgnoreNotFound { get; init; }

    /// <summary>The server does everything but delete.</summary>
    public bool DryRun { get; init; }

    /// <summary><c>Background</c>, <c>Foreground</c> or <c>Orphan</c>: what happens to objects that these own.</summary>
    public string Propagation { get; init; } = "Background";

    /// <summary>Seconds that an object has to end by itself; null for its own.</summary>
    public int? GraceSeconds { get; init; }

    /// <summary>The body of the request (meta/v1 DeleteOptions).</summary>
    public byte[] Body()
    {
        var options = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions", ["propagationPolicy"] = Propagation };
        if (GraceSeconds is { } seconds)
            options["gracePeriodSeconds"] = seconds;
        if (DryRun)
            options["dryRun"] = new JsonArray("All");
        return ApiJson.Bytes(options);
    }
}

/// <summary>An object that was asked to go.</summary>
/// <param name="Namespace">Empty for objects of the cluster.</param>
/// <param name="Uid">Another object of the same name is another one.</param>
internal sealed record Leaving(ApiKind Kind, string Namespace, string Name, string Uid)
{
    /// <summary><c>subnet.fabric.vmnet.io "blue"</c>.</summary>
    public string Label => $"{Kind.Label} \"{Name}\"";
}
