using Fabric.ApiServer.Printing;
using Microsoft.Extensions.Primitives;

namespace Fabric.ApiServer.Requests;

/// <summary>In which form a client wants objects.</summary>
internal enum ObjectForm
{
    Json,
    Table,
    Metadata,
}

/// <summary>The first form of an Accept header that the server can answer with.</summary>
internal static class MediaType
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string JsonPatch = "application/json-patch+json";
    public const string MergePatch = "application/merge-patch+json";
    public const string StrategicMergePatch = "application/strategic-merge-patch+json";
    public const string ApplyPatch = "application/apply-patch+yaml";

    /// <param name="accept">The header's values; none means anything.</param>
    public static ObjectForm Negotiate(IEnumerable<string?> accept)
    {
        if (accept is StringValues { Count: 1 } plain && plain[0] is Json or "*/*") return ObjectForm.Json;
        foreach (var choice in accept.SelectMany(a => (a ?? "").Split(',')))
        {
            var parts = choice.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not (Json or "*/*" or "application/*")) continue;
            var transformation = Parameter(parts, "as");
            if (transformation is null) return ObjectForm.Json;
            if (Parameter(parts, "g") != "meta.k8s.io" || Parameter(parts, "v") != "v1") continue;
            switch (transformation)
            {
                case "Table":
                    return ObjectForm.Table;
                case "PartialObjectMetadata" or "PartialObjectMetadataList":
                    return ObjectForm.Metadata;
            }
        }

        return ObjectForm.Json;
    }

    /// <summary>The type of a Content-Type header without parameters; JSON when there is none.</summary>
    public static string OfContent(string? header)
    {
        var type = (header ?? "").Split(';')[0].Trim().ToLowerInvariant();
        return type.Length == 0 ? Json : type;
    }

    /// <exception cref="StatusException">Not one of Metadata, Object, None.</exception>
    public static IncludedObject Included(string? includeObject) => includeObject switch
    {
        null or "" or "Metadata" => IncludedObject.Metadata,
        "Object" => IncludedObject.Whole,
        "None" => IncludedObject.None,
        _ => throw StatusException.BadRequest($"unrecognized includeObject value: {includeObject}"),
    };

    private static string? Parameter(string[] parts, string name)
        => parts.Skip(1).FirstOrDefault(p => p.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
}
