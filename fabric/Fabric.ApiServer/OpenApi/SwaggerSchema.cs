using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.OpenApi;

/// <summary>Turns a structural schema (OpenAPI v3) into what OpenAPI v2 can say, so that old clients do not refuse valid objects.</summary>
internal static class SwaggerSchema
{
    private static readonly string[] Unsupported = ["nullable", "oneOf", "anyOf", "allOf", "not", "x-kubernetes-validations", "x-kubernetes-embedded-resource"];

    /// <param name="isComplete">
    /// The schema names every field that clients may write, even where the server keeps unknown ones; true for built-in
    /// kinds. Otherwise a part that keeps unknown fields is left open, or clients would refuse them.
    /// </param>
    public static JsonObject Convert(JsonObject schema, bool isComplete)
    {
        var converted = new JsonObject();
        foreach (var (name, value) in schema)
        {
            if (Unsupported.Contains(name)) continue;
            converted[name] = name switch
            {
                "properties" when value is JsonObject properties => new JsonObject(properties.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Convert((JsonObject)p.Value!, isComplete)))),
                "items" or "additionalProperties" when value is JsonObject child => Convert(child, isComplete),
                _ => value?.DeepClone(),
            };
        }

        if (schema.FlagAt("x-kubernetes-int-or-string")) Remove(converted, "type");

        // A version 2 client takes a type to mean "not null".
        if (schema.FlagAt("nullable")) Remove(converted, "type", "properties", "items", "additionalProperties", "required");
        if (schema.FlagAt("x-kubernetes-preserve-unknown-fields") && !(isComplete && schema.ObjectAt("properties") is not null))
            Remove(converted, "type", "properties", "items", "additionalProperties", "required");
        return converted;
    }

    private static void Remove(JsonObject schema, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            schema.Remove(name);
    }
}
