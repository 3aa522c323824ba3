using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Microsoft.AspNetCore.Http;

namespace Fabric.ApiServer.Requests;

/// <summary>What happens to the dependents of a deleted object.</summary>
internal enum Propagation
{
    /// <summary>They are collected afterwards.</summary>
    Background,

    /// <summary>The object waits until those that block it are gone.</summary>
    Foreground,

    /// <summary>They stay, without the reference.</summary>
    Orphan,
}

/// <summary>How to delete: a body of kind DeleteOptions, or query parameters.</summary>
/// <param name="Policy">Null when not said: background, unless a finalizer says otherwise.</param>
/// <param name="GracePeriodSeconds">Null for the object's own.</param>
internal sealed record DeleteOptions(Propagation? Policy, long? GracePeriodSeconds, string? Uid, string? ResourceVersion, bool DryRun)
{
    public static DeleteOptions Background { get; } = new(Propagation.Background, null, null, null, false);

    /// <param name="body">Null when the request has none.</param>
    /// <exception cref="StatusException">400.</exception>
    public static DeleteOptions Of(HttpRequest request, JsonObject? body)
    {
        var query = request.Query;
        if (body is not null && body.TextAt("kind") is not (null or "DeleteOptions"))
            throw StatusException.BadRequest($"the body of a deletion must be DeleteOptions, not {body.TextAt("kind")}");
        var policy = body?.TextAt("propagationPolicy") ?? NullIfEmpty(query["propagationPolicy"].ToString());
        var orphan = body?["orphanDependents"]?.ToString() ?? NullIfEmpty(query["orphanDependents"].ToString());
        var grace = body?.IntegerAt("gracePeriodSeconds")
            ?? (long.TryParse(query["gracePeriodSeconds"].ToString(), out var seconds) ? seconds : null);
        if (grace < 0) throw StatusException.BadRequest("gracePeriodSeconds: must not be negative");
        var dryRun = body?.ArrayAt("dryRun")?.FirstOrDefault().AsText() ?? query["dryRun"].ToString();
        return new DeleteOptions(
            policy switch
            {
                null => orphan switch { "true" => Propagation.Orphan, "false" => Propagation.Background, _ => null },
                "Background" => Propagation.Background,
                "Foreground" => Propagation.Foreground,
                "Orphan" => Propagation.Orphan,
                _ => throw StatusException.BadRequest($"propagationPolicy: Unsupported value: \"{policy}\": supported values: \"Foreground\", \"Background\", \"Orphan\""),
            },
            grace,
            body.Dig("preconditions", "uid").AsText(),
            body.Dig("preconditions", "resourceVersion").AsText(),
            WriteOptions.IsDryRun(dryRun));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
