using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Schema;

/// <summary>The identity of an element in a list of <c>x-kubernetes-list-type: map</c>.</summary>
internal static class ListKeys
{
    /// <summary>Canonical JSON of the key fields, sorted by name, with schema defaults filled in: <c>{"name":"a"}</c>.</summary>
    /// <returns>Null when the element is no object or has none of the keys.</returns>
    public static string? OfElement(SchemaNode list, JsonNode? element)
    {
        if (element is not JsonObject map) return null;
        var key = new JsonObject();
        foreach (var name in list.ListMapKeys.Order(StringComparer.Ordinal))
        {
            var value = map[name] ?? list.Items?.Properties.GetValueOrDefault(name)?.Default;
            if (value is not null) key[name] = value.DeepClone();
        }

        return key.Count == 0 ? null : JsonBody.ToText(key);
    }
}
