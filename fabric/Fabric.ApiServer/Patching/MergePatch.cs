using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Patching;

/// <summary>JSON merge patch: RFC 7386.</summary>
internal static class MergePatch
{
    /// <summary>Changes <paramref name="target"/> in place.</summary>
    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) target.Remove(name);
            else if (value is not JsonObject change) target[name] = value.DeepClone();
            else if (target[name] is JsonObject existing) Apply(existing, change);
            else
            {
                // A patch of nothing: its nulls remove nothing, and are not values.
                var made = new JsonObject();
                Apply(made, change);
                target[name] = made;
            }
        }
    }
}
