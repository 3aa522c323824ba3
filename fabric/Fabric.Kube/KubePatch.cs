using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Resources;

namespace Fabric.Kube;

/// <summary>A change to be made by the server, in one of the forms it knows.</summary>
public sealed partial record KubePatch
{
    private KubePatch(string contentType, ReadOnlyMemory<byte> body)
    {
        ContentType = contentType;
        Body = body;
    }

    /// <summary>The media type that says which form this is.</summary>
    public string ContentType { get; }

    /// <summary>The change as JSON, UTF-8.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Server-side apply only: take fields over from other managers instead of answering 409.</summary>
    public bool Force { get; private init; }

    /// <summary>RFC 7396: members given replace, null removes, a list is replaced whole.</summary>
    public static KubePatch Merge(JsonObject change) => new("application/merge-patch+json", Bytes(change));

    /// <summary>
    /// Kubernetes' own: as <see cref="Merge"/>, but a list whose elements have a key, as conditions have their type, is merged by it.
    /// Only kinds that are built into Kubernetes take it.
    /// </summary>
    public static KubePatch StrategicMerge(JsonObject change) => new("application/strategic-merge-patch+json", Bytes(change));

    /// <summary>RFC 6902: a list of operations, made all or none; a <c>test</c> operation guards the others.</summary>
    public static KubePatch Json(JsonArray operations) => new("application/json-patch+json", Bytes(operations));

    /// <summary>Server-side apply: the object as this field manager wants it; what it no longer names is removed.</summary>
    public static KubePatch Apply<T>(ResourceType<T> type, T wanted, bool force = false)
        where T : class, IKubeObject =>
        new("application/apply-patch+yaml", JsonSerializer.SerializeToUtf8Bytes(wanted, type.Json)) { Force = force };

    internal bool IsApply => ContentType == "application/apply-patch+yaml";

    private static byte[] Bytes(JsonNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            node.WriteTo(writer);
        return stream.ToArray();
    }
}
