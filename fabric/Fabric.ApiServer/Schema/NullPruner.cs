using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Schema;

/// <summary>Takes a null for an absent field where the schema does not allow null, as Kubernetes does before defaulting.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable</remarks>
internal static class NullPruner
{
    public static void Prune(SchemaNode schema, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map:
                for (var i = map.Count - 1; i >= 0; i--)
                {
                    var (name, child) = map.GetAt(i);
                    if (!schema.TryGetProperty(name, out var property)) continue;
                    if (child is null && property is { Nullable: false, Type: not null }) map.RemoveAt(i);
                    else Prune(property, child);
                }

                break;
            case JsonArray array when schema.Items is { } items:
                foreach (var item in array)
                    Prune(items, item);
                break;
        }
    }
}
