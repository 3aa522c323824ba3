using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Patching;

/// <summary>Strategic merge patch: like a merge patch, but lists merge by a key that the schema names, and directives steer it.</summary>
/// <remarks>https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md</remarks>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeleteFromPrimitives = "$deleteFromPrimitiveList/";
    private const string SetElementOrder = "$setElementOrder/";

    /// <summary>Changes <paramref name="target"/> in place.</summary>
    /// <param name="schema">Null where it is not known: then lists are replaced.</param>
    /// <exception cref="PatchException">A directive that is not known, or an element without its key.</exception>
    public static void Apply(JsonObject target, JsonObject patch, SchemaNode? schema)
    {
        if (patch.TextAt(Directive) is { } directive)
        {
            switch (directive)
            {
                case "replace":
                    target.Clear();
                    break;
                case "delete":
                    target.Clear();
                    return;
                case not "merge":
                    throw new PatchException($"unknown patch directive \"{directive}\"", isMalformed: true);
            }
        }

        if (patch.ArrayAt(RetainKeys) is { } retained)
        {
            var names = retained.Select(r => r.AsText()).ToHashSet();
            foreach (var name in target.Select(p => p.Key).Where(n => !names.Contains(n)).ToList())
                target.Remove(name);
        }

        foreach (var (name, value) in patch)
        {
            if (name is Directive or RetainKeys || name.StartsWith(SetElementOrder, StringComparison.Ordinal)) continue;
            if (name.StartsWith(DeleteFromPrimitives, StringComparison.Ordinal)) RemovePrimitives(target, name[DeleteFromPrimitives.Length..], value);
            else ApplyField(target, name, value, Metadata.Field(schema, name));
        }

        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(SetElementOrder, StringComparison.Ordinal) && value is JsonArray order)
                Reorder(target, name[SetElementOrder.Length..], order, schema);
        }
    }

    private static void ApplyField(JsonObject target, string name, JsonNode? value, SchemaNode? schema)
    {
        switch (value)
        {
            case null:
                target.Remove(name);
                break;
            case JsonObject change when change.TextAt(Directive) == "delete":
                target.Remove(name);
                break;
            case JsonObject change:
                Apply(target.EnsureObject(name), change, schema);
                break;
            case JsonArray list when schema is not null && schema.PatchStrategy.Contains("merge"):
                ApplyList(target, name, list, schema);
                break;
            default:
                target[name] = value.DeepClone();
                break;
        }
    }

    private static void ApplyList(JsonObject target, string name, JsonArray patch, SchemaNode schema)
    {
        if (target[name] is not JsonArray list) target[name] = list = [];
        if (schema.PatchMergeKey is not { } key)
        {
            foreach (var item in patch.Where(p => !list.Any(t => JsonNode.DeepEquals(t, p))).ToList())
                list.Add(item?.DeepClone());
            return;
        }

        if (patch.OfType<JsonObject>().Any(e => e.TextAt(Directive) == "replace" && e.Count == 1))
        {
            target[name] = new JsonArray([.. patch.Where(e => (e as JsonObject)?.ContainsKey(Directive) != true).Select(e => e?.DeepClone())]);
            return;
        }

        foreach (var element in patch)
            ApplyElement(list, element as JsonObject ?? throw new PatchException($"{name}: elements must be objects", isMalformed: true), name, key, schema.Items);
    }

    private static void ApplyElement(JsonArray list, JsonObject change, string name, string key, SchemaNode? items)
    {
        if (change[key] is not { } id) throw new PatchException($"map: {JsonBody.ToText(change)} does not contain declared merge key: {key} (in {name})", isMalformed: true);
        var existing = list.OfType<JsonObject>().FirstOrDefault(e => JsonNode.DeepEquals(e[key], id));
        if (change.TextAt(Directive) == "delete")
        {
            if (existing is not null) list.Remove(existing);
            return;
        }

        if (existing is null) list.Add(existing = new JsonObject { [key] = id.DeepClone() });
        Apply(existing, change, items);
        if (!existing.ContainsKey(key)) existing[key] = id.DeepClone();
    }

    private static void RemovePrimitives(JsonObject target, string name, JsonNode? values)
    {
        if (values is not JsonArray doomed) throw new PatchException($"{DeleteFromPrimitives}{name}: must be a list", isMalformed: true);
        if (target[name] is not JsonArray list) return;
        foreach (var item in list.Where(i => doomed.Any(d => JsonNode.DeepEquals(d, i))).ToList())
            list.Remove(item);
    }

    /// <summary>Puts the elements that are named into the order in which they are named; the others keep their places behind them.</summary>
    private static void Reorder(JsonObject target, string name, JsonArray order, SchemaNode? schema)
    {
        if (target[name] is not JsonArray list) return;
        var key = Metadata.Field(schema, name)?.PatchMergeKey;
        JsonNode? Id(JsonNode? element) => key is not null && element is JsonObject map ? map[key] : element;
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var element in order)
            ranks.TryAdd(JsonBody.ToText(Id(element)), ranks.Count);
        var sorted = list.Select(e => e?.DeepClone()).OrderBy(e => ranks.GetValueOrDefault(JsonBody.ToText(Id(e)), int.MaxValue)).ToArray();
        target[name] = new JsonArray(sorted);
    }

    /// <summary>How metadata's own lists merge; no kind's schema says it.</summary>
    private static class Metadata
    {
        private static readonly SchemaNode Schema = SchemaNode.Of((JsonObject)JsonNode.Parse("""
            {"type":"object","properties":{
              "finalizers":{"type":"array","x-kubernetes-patch-strategy":"merge","items":{"type":"string"}},
              "ownerReferences":{"type":"array","x-kubernetes-patch-strategy":"merge","x-kubernetes-patch-merge-key":"uid","items":{"type":"object"}}}}
            """)!);

        public static SchemaNode? Field(SchemaNode? schema, string name)
            => schema?.Field(name) ?? (name == "metadata" ? Schema : null);
    }
}
