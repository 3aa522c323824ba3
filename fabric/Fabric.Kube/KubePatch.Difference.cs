using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Resources;

namespace Fabric.Kube;

public sealed partial record KubePatch
{
    /// <summary>
    /// What makes one version of an object another, as a merge that is refused when the object is not at the first any more. Unlike a
    /// replacement it says nothing of what is the same in both: that stays its author's, also where the type does not know it.
    /// </summary>
    public static KubePatch Difference<T>(ResourceType<T> type, T from, T to)
        where T : class, IKubeObject
    {
        var change = Difference(Tree(type, from), Tree(type, to));
        if (change["metadata"] is not JsonObject metadata)
            change["metadata"] = metadata = [];
        metadata["resourceVersion"] = from.Metadata.ResourceVersion;
        return Merge(change);
    }

    private static JsonObject Tree<T>(ResourceType<T> type, T value)
        where T : class, IKubeObject => (JsonObject)JsonSerializer.SerializeToNode(value, type.Json)!;

    private static JsonObject Difference(JsonObject from, JsonObject to)
    {
        var change = new JsonObject();
        foreach (var (name, _) in from)
        {
            if (!to.ContainsKey(name))
                change[name] = null;
        }
        foreach (var (name, wanted) in to)
        {
            if (JsonNode.DeepEquals(from[name], wanted))
                continue;
            change[name] = from[name] is JsonObject before && wanted is JsonObject after ? Difference(before, after) : wanted?.DeepClone();
        }
        return change;
    }
}
