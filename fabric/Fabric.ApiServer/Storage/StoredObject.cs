using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Selectors;

namespace Fabric.ApiServer.Storage;

/// <summary>One immutable version of an object: the bytes that are on disk and that are sent to clients.</summary>
internal sealed class StoredObject(ObjectKey key, string uid, long version, byte[] body)
{
    private SelectableAttributes? _attributes;

    public ObjectKey Key { get; } = key;

    public string Uid { get; } = uid;

    /// <summary>The resourceVersion, also written in <see cref="Body"/>.</summary>
    public long Version { get; } = version;

    /// <summary>UTF-8 JSON. Shared between readers: never written to.</summary>
    public byte[] Body { get; } = body;

    /// <summary>A fresh tree that the caller may change.</summary>
    public JsonObject Parse() => JsonBody.ParseTrusted(Body);

    /// <summary>Whether a text stands anywhere in the body: quick, and true too often rather than too seldom.</summary>
    public bool Mentions(ReadOnlySpan<byte> text) => Body.AsSpan().IndexOf(text) >= 0;

    /// <summary>What selectors look at. Computed on first use: most objects are never selected on.</summary>
    public SelectableAttributes AttributesFor(ResourceDefinition definition)
        => _attributes ??= SelectableAttributes.Of(definition, this);
}
