using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Schema;

/// <summary>Fills in the defaults of a structural schema where fields are missing, or null where null is not allowed.</summary>
internal static class SchemaDefaulter
{
    public static void Apply(SchemaNode schema, JsonNode? value)
    {
        if (!schema.HasDefaults) return;
        switch (value)
        {
            case JsonObject map:
                foreach (var (name, property) in schema.Defaulted)
                    ApplyToField(property, map, name);
                if (schema.AdditionalProperties is { HasDefaults: true } additional)
                {
                    foreach (var (name, child) in map)
                    {
                        if (!schema.Properties.ContainsKey(name)) Apply(additional, child);
                    }
                }

                break;
            case JsonArray array when schema.Items is { } items:
                foreach (var item in array)
                    Apply(items, item);
                break;
        }
    }

    private static void ApplyToField(SchemaNode property, JsonObject map, string name)
    {
        var present = map.TryGetPropertyValue(name, out var value);
        if (property.Default is not null && (!present || (value is null && !property.Nullable)))
            map[name] = value = property.Default.DeepClone();
        Apply(property, value);
    }
}
