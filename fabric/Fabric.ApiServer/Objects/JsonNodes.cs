using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Objects;

/// <summary>Questions asked of JSON of any shape, answered with null where the shape is another.</summary>
internal static class JsonNodes
{
    public static JsonObject? ObjectAt(this JsonObject node, string name) => node[name] as JsonObject;

    public static JsonArray? ArrayAt(this JsonObject node, string name) => node[name] as JsonArray;

    public static string? TextAt(this JsonObject node, string name) => node[name].AsText();

    public static long? IntegerAt(this JsonObject node, string name)
        => node[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    public static bool FlagAt(this JsonObject node, string name)
        => node[name] is JsonValue value && value.GetValueKind() == JsonValueKind.True;

    public static string? AsText(this JsonNode? node)
        => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    /// <summary>The object at a name, made when it is missing or another kind of value.</summary>
    public static JsonObject EnsureObject(this JsonObject node, string name)
    {
        if (node[name] is JsonObject found) return found;
        var made = new JsonObject();
        node[name] = made;
        return made;
    }

    /// <summary>Follows names through objects; null as soon as one is missing.</summary>
    public static JsonNode? Dig(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            node = (node as JsonObject)?[name];
        return node;
    }

    /// <summary>The text that selectors and printed columns show of a scalar.</summary>
    public static string Scalar(this JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<long>(out var number) => number.ToString(CultureInfo.InvariantCulture),
        _ => JsonBody.ToText(node),
    };

    public static JsonArray ToJsonArray(this IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode?)JsonValue.Create(t))]);
}
