using System.Text.Json.Nodes;
using Fabric.Cli.Api;

namespace Fabric.Cli.Explaining;

/// <summary>What a field may hold.</summary>
/// <param name="document">Where references lead.</param>
/// <param name="json">The schema.</param>
/// <param name="reference">The name by which it was referred to, or null.</param>
internal sealed class FieldSchema(SchemaDocument document, JsonObject json, string? reference = null)
{
    /// <summary>The name under which the schema of the value, or of its elements, is published; null where it stands in place.</summary>
    public string? Reference => reference ?? (Items ?? Values)?.Reference;

    public string Description => json.TextAt("description") ?? "";

    /// <summary>As Go writes types: <c>integer</c>, <c>[]string</c>, <c>map[string]string</c>, <c>Object</c>.</summary>
    public string Type => this switch
    {
        { Items: { } items } => $"[]{items.Type}",
        { Values: { } values } => $"map[string]{values.Type}",
        _ when json["x-kubernetes-int-or-string"] is JsonValue => "integer or string",
        _ => json.TextAt("type") is { } type and not "object" ? type : "Object",
    };

    /// <summary>What is checked of the value besides its type, each as a few words.</summary>
    public IReadOnlyList<string> Rules => FieldRules.Of(json);

    /// <summary>What is checked of each element of a list or map.</summary>
    public IReadOnlyList<string> ElementRules => (Items ?? Values)?.Rules ?? [];

    /// <summary>The schema of a list's elements, or null.</summary>
    private FieldSchema? Items => json["items"] is JsonObject items ? document.Resolve(items) : null;

    /// <summary>The schema of a map's values, or null.</summary>
    private FieldSchema? Values => json["additionalProperties"] is JsonObject values ? document.Resolve(values) : null;

    /// <summary>The fields of the value, or of a list's or map's elements.</summary>
    public IReadOnlyList<(string Name, FieldSchema Schema, bool IsRequired)> Fields()
    {
        if ((Items ?? Values) is { } element)
            return element.Fields();
        var required = (json["required"] as JsonArray ?? []).Select(name => name?.ToString()).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. (json["properties"] as JsonObject ?? [])
                .Where(property => property.Value is JsonObject)
                .Select(property => (property.Key, document.Resolve((JsonObject)property.Value!), required.Contains(property.Key))),
        ];
    }
}
