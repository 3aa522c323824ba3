using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Schema;

/// <summary>How a list is owned and merged: <c>x-kubernetes-list-type</c>.</summary>
internal enum ListKind
{
    Atomic,
    Set,
    Map,
}

/// <summary>One node of a structural schema, as the server enforces it.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema</remarks>
internal sealed class SchemaNode
{
    /// <summary>How long one pattern may run on one value. Patterns are ours, values are not.</summary>
    private static readonly TimeSpan PatternTime = TimeSpan.FromMilliseconds(100);

    private static readonly Dictionary<string, SchemaNode> None = [];

    /// <summary>Of this type and not of its interface: every field of every write is looked up here.</summary>
    private readonly Dictionary<string, SchemaNode> _properties;

    private SchemaNode(JsonObject json)
    {
        Json = json;
        Type = json.TextAt("type");
        Description = json.TextAt("description");
        Format = json.TextAt("format");
        Nullable = json.FlagAt("nullable");
        PreserveUnknown = json.FlagAt("x-kubernetes-preserve-unknown-fields");
        IntOrString = json.FlagAt("x-kubernetes-int-or-string");
        EmbeddedResource = json.FlagAt("x-kubernetes-embedded-resource");
        AtomicMap = json.TextAt("x-kubernetes-map-type") == "atomic";
        Default = json["default"];
        Enum = json.ArrayAt("enum")?.ToImmutableArray() ?? [];
        Required = json.ArrayAt("required")?.Select(r => r.AsText()).OfType<string>().ToImmutableArray() ?? [];
        Minimum = Number(json, "minimum");
        Maximum = Number(json, "maximum");
        ExclusiveMinimum = json.FlagAt("exclusiveMinimum");
        ExclusiveMaximum = json.FlagAt("exclusiveMaximum");
        MultipleOf = Number(json, "multipleOf");
        MinLength = json.IntegerAt("minLength");
        MaxLength = json.IntegerAt("maxLength");
        MinItems = json.IntegerAt("minItems");
        MaxItems = json.IntegerAt("maxItems");
        MinProperties = json.IntegerAt("minProperties");
        MaxProperties = json.IntegerAt("maxProperties");
        UniqueItems = json.FlagAt("uniqueItems");
        if (json.TextAt("pattern") is { } pattern) Pattern = new Regex(pattern, RegexOptions.CultureInvariant, PatternTime);
        List = json.TextAt("x-kubernetes-list-type") switch { "map" => ListKind.Map, "set" => ListKind.Set, _ => ListKind.Atomic };
        ListMapKeys = json.ArrayAt("x-kubernetes-list-map-keys")?.Select(k => k.AsText()).OfType<string>().ToImmutableArray() ?? [];
        ImmutableMessage = ImmutableFields.MessageOf(json);
        PatchMergeKey = json.TextAt("x-kubernetes-patch-merge-key");
        PatchStrategy = json.TextAt("x-kubernetes-patch-strategy")?.Split(',') ?? [];
        _properties = json.ObjectAt("properties")?.Where(p => p.Value is JsonObject).ToDictionary(p => p.Key, p => new SchemaNode((JsonObject)p.Value!), StringComparer.Ordinal) ?? None;
        Items = json.ObjectAt("items") is { } items ? new SchemaNode(items) : null;
        AdditionalProperties = json.ObjectAt("additionalProperties") is { } additional ? new SchemaNode(additional) : null;
        AllowsAnyProperty = json.FlagAt("additionalProperties");
        HasDefaults = Default is not null || _properties.Values.Any(p => p.HasDefaults) || Items is { HasDefaults: true } || AdditionalProperties is { HasDefaults: true };
        Defaulted = [.. _properties.Where(p => p.Value.HasDefaults)];
        Immutable = [.. _properties.Where(p => p.Value.ImmutableMessage is not null || !p.Value.Immutable.IsEmpty)];
    }

    /// <summary>The node as it was written, for OpenAPI.</summary>
    public JsonObject Json { get; }

    public string? Type { get; }

    public string? Description { get; }

    public string? Format { get; }

    public bool Nullable { get; }

    public bool PreserveUnknown { get; }

    public bool IntOrString { get; }

    public bool EmbeddedResource { get; }

    public bool AtomicMap { get; }

    public JsonNode? Default { get; }

    public ImmutableArray<JsonNode?> Enum { get; }

    public ImmutableArray<string> Required { get; }

    public double? Minimum { get; }

    public double? Maximum { get; }

    public bool ExclusiveMinimum { get; }

    public bool ExclusiveMaximum { get; }

    public double? MultipleOf { get; }

    public long? MinLength { get; }

    public long? MaxLength { get; }

    public long? MinItems { get; }

    public long? MaxItems { get; }

    public long? MinProperties { get; }

    public long? MaxProperties { get; }

    public bool UniqueItems { get; }

    public Regex? Pattern { get; }

    public ListKind List { get; }

    public ImmutableArray<string> ListMapKeys { get; }

    /// <summary>Set for a field that keeps the value it was created with: what a client that changes it is told.</summary>
    public string? ImmutableMessage { get; }

    /// <summary>The field that tells a list's elements apart in a strategic merge patch.</summary>
    public string? PatchMergeKey { get; }

    /// <summary><c>merge</c> and/or <c>retainKeys</c>; empty for replace.</summary>
    public IReadOnlyList<string> PatchStrategy { get; }

    public IReadOnlyDictionary<string, SchemaNode> Properties => _properties;

    /// <summary>The properties in which, or below which, there is a default.</summary>
    public ImmutableArray<KeyValuePair<string, SchemaNode>> Defaulted { get; }

    /// <summary>The properties that keep the value they were created with, or that have such below.</summary>
    public ImmutableArray<KeyValuePair<string, SchemaNode>> Immutable { get; }

    public SchemaNode? Items { get; }

    public SchemaNode? AdditionalProperties { get; }

    /// <summary><c>additionalProperties: true</c>.</summary>
    public bool AllowsAnyProperty { get; }

    /// <summary>Whether there is a default in this node or below.</summary>
    public bool HasDefaults { get; }

    public static SchemaNode Of(JsonObject json) => new(json);

    /// <summary>The schema of a named property.</summary>
    public bool TryGetProperty(string name, [NotNullWhen(true)] out SchemaNode? property) => _properties.TryGetValue(name, out property);

    /// <summary>The schema of a named field, or null when the schema does not know it.</summary>
    public SchemaNode? Field(string name) => _properties.GetValueOrDefault(name) ?? AdditionalProperties;

    private static double? Number(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;
}
