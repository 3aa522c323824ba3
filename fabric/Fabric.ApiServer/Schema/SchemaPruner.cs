using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Schema;

/// <summary>Takes away the fields that a schema does not know, and says which.</summary>
internal static class SchemaPruner
{
    /// <summary>Prunes in place.</summary>
    /// <param name="isRoot">Whether the value is a whole object, whose apiVersion, kind and metadata always belong.</param>
    /// <param name="unknown">Receives the paths of what was taken away.</param>
    public static void Prune(SchemaNode schema, JsonNode? value, FieldPath path, bool isRoot, List<string> unknown)
    {
        switch (value)
        {
            case JsonObject map:
                PruneObject(schema, map, path, isRoot, unknown);
                break;
            case JsonArray array when schema.Items is { } items:
                for (var i = 0; i < array.Count; i++)
                    Prune(items, array[i], path.Index(i), items.EmbeddedResource, unknown);
                break;
        }
    }

    private static void PruneObject(SchemaNode schema, JsonObject map, FieldPath path, bool isRoot, List<string> unknown)
    {
        List<string>? dropped = null;
        for (var i = 0; i < map.Count; i++)
        {
            var (name, value) = map.GetAt(i);
            if (isRoot && name is ("apiVersion" or "kind" or "metadata"))
            {
                continue;
            }

            if (schema.TryGetProperty(name, out var property)) Prune(property, value, path.Field(name), property.EmbeddedResource, unknown);
            else if (schema.AdditionalProperties is { } additional) Prune(additional, value, path.Field(name), additional.EmbeddedResource, unknown);
            else if (!schema.PreserveUnknown && !schema.AllowsAnyProperty) (dropped ??= []).Add(name);
        }

        foreach (var name in dropped ?? [])
        {
            map.Remove(name);
            unknown.Add(path.Field(name).ToString());
        }
    }
}
