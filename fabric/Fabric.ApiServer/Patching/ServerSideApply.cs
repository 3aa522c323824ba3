using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Patching;

/// <summary>
/// Server-side apply: the configuration's fields become the manager's, fields it no longer names go away unless someone
/// else set them, and what others set differently is a conflict unless it is taken over by force.
/// </summary>
/// <remarks>https://kubernetes.io/docs/reference/using-api/server-side-apply/</remarks>
internal sealed class ServerSideApply(ResourceDefinition definition, WriteOptions options, string? subresource, TimeProvider clock)
{
    private readonly FieldWalker _walker = new(definition, subresource);

    /// <summary>The object that results, with its managers.</summary>
    /// <param name="current">Null when there is none; may be changed.</param>
    /// <param name="configuration">Pruned of unknown fields.</param>
    /// <exception cref="StatusException">409 naming the fields and their managers; 400 for a configuration that cannot be applied.</exception>
    public JsonObject Merge(JsonObject? current, JsonObject configuration)
    {
        if (configuration.Dig("metadata", "managedFields") is not null) throw StatusException.BadRequest("metadata.managedFields must be nil");
        var wanted = _walker.FieldsOf(configuration);
        var managers = current is null ? [] : ManagedFields.Read(current);
        if (current is not null && managers.Count == 0) managers.Add(ManagedFields.ForExisting(_walker, current));
        var index = managers.FindIndex(m => m.Is(options.FieldManager, ManagedFields.Apply, subresource));
        var mine = index < 0 ? null : managers[index];
        var others = managers.Where(m => m != mine).ToList();
        if (current is not null) SettleConflicts(wanted, others, current, configuration);

        var merged = current ?? [];
        MergeObject(merged, configuration, _walker.SchemaOf, isRoot: true);
        if (mine is not null) RemoveAbandoned(merged, mine.Fields, wanted, others);
        var time = mine is not null && mine.Fields.SameAs(wanted) ? mine.Time : ObjectMetadata.Timestamp(clock.GetUtcNow());
        var updated = new FieldManager(options.FieldManager, ManagedFields.Apply, subresource, time, wanted);
        if (index < 0) managers.Add(updated);
        else managers[index] = updated;
        ManagedFields.Write(merged, definition, managers);
        return merged;
    }

    private void SettleConflicts(FieldSet wanted, List<FieldManager> others, JsonObject current, JsonObject configuration)
    {
        var changed = _walker.Differing(wanted, current, configuration);
        var conflicts = new List<(string Manager, string Field)>();
        foreach (var other in others)
        {
            var lost = Intersect(changed, other.Fields);
            if (lost.IsEmpty) continue;
            if (options.Force) other.Fields.Subtract(lost);
            else conflicts.AddRange(lost.Leaves().Select(f => (other.Name, f)));
        }

        if (conflicts.Count == 0) return;
        var causes = conflicts.Select(c => (JsonNode)new JsonObject
        {
            ["reason"] = "FieldManagerConflict",
            ["message"] = $"conflict with \"{c.Manager}\"",
            ["field"] = c.Field,
        });
        var text = string.Join(", ", conflicts.Select(c => $"conflict with \"{c.Manager}\": {c.Field}"));
        var noun = conflicts.Count == 1 ? "conflict" : "conflicts";
        throw new StatusException(409, "Conflict", $"Apply failed with {conflicts.Count} {noun}: {text}", new JsonObject { ["causes"] = new JsonArray([.. causes]) });
    }

    /// <summary>Leaves of one set that lie in another, or above or below one of its leaves.</summary>
    private static FieldSet Intersect(FieldSet one, FieldSet other)
    {
        var both = new FieldSet();
        if (one.IsLeaf) both.HasSelf = !other.IsEmpty;
        else if (other.IsLeaf) both.HasSelf = !one.IsEmpty;
        if (both.HasSelf) return both;
        foreach (var (step, child) in one.Children)
        {
            if (other.Children.TryGetValue(step, out var theirs) && Intersect(child, theirs) is { IsEmpty: false } below) both.Child(step).Add(below);
        }

        return both;
    }

    private static void MergeObject(JsonObject target, JsonObject source, Func<string, SchemaNode?> schemaOf, bool isRoot)
    {
        foreach (var (name, value) in source)
        {
            var schema = schemaOf(name);
            if (value is JsonObject map && target[name] is JsonObject existing && schema?.AtomicMap != true && (map.Count > 0 || isRoot))
                MergeObject(existing, map, n => schema?.Field(n), isRoot: false);
            else if (value is JsonArray list && target[name] is JsonArray old && schema is { List: not ListKind.Atomic })
                MergeList(old, list, schema);
            else
                target[name] = value?.DeepClone();
        }
    }

    private static void MergeList(JsonArray target, JsonArray source, SchemaNode schema)
    {
        foreach (var element in source)
        {
            if (schema.List == ListKind.Set)
            {
                if (!target.Any(t => JsonNode.DeepEquals(t, element))) target.Add(element?.DeepClone());
                continue;
            }

            var key = ListKeys.OfElement(schema, element);
            var existing = key is null ? null : target.FirstOrDefault(t => ListKeys.OfElement(schema, t) == key);
            if (existing is JsonObject old && element is JsonObject change && schema.Items?.AtomicMap != true)
            {
                MergeObject(old, change, n => schema.Items?.Field(n), isRoot: false);
            }
            else
            {
                if (existing is not null) target.Remove(existing);
                target.Add(element?.DeepClone());
            }
        }
    }

    private void RemoveAbandoned(JsonObject merged, FieldSet before, FieldSet wanted, List<FieldManager> others)
    {
        var abandoned = before.Clone();
        // A map that had nothing in it, or was null, is named by what is in it now.
        abandoned.Subtract(wanted.WithParents());
        var kept = new FieldSet();
        foreach (var other in others)
            kept.Add(other.Fields);
        abandoned.Subtract(kept);
        foreach (var (step, child) in abandoned.Children)
            Remove(merged, step, child, kept.Children.GetValueOrDefault(step), _walker.SchemaOf(step[2..]), null);
    }

    /// <param name="kept">What others have set there.</param>
    /// <param name="schema">Of what the step leads to.</param>
    /// <param name="listSchema">Of the list that the step leads into, for steps to an element.</param>
    private static void Remove(JsonNode? parent, string step, FieldSet abandoned, FieldSet? kept, SchemaNode? schema, SchemaNode? listSchema)
    {
        var found = FieldWalker.Find(parent, step, listSchema);
        if (found is null) return;
        foreach (var (next, child) in abandoned.Children)
            Remove(found, next, child, kept?.Children.GetValueOrDefault(next), FieldWalker.Below(schema, next), schema);

        // A map or an element of a list goes when its manager leaves, and a map with the last that was in it: what is left of a limit without its
        // rate is no limit. Unless others have set something in it.
        var isEmptied = abandoned.Children.Count > 0 && found is JsonObject { Count: 0 } && parent != found.Root;
        if (!(abandoned.HasSelf || isEmptied) || kept is { IsEmpty: false }) return;
        if (parent is JsonObject map) map.Remove(step[2..]);
        else if (parent is JsonArray list) list.Remove(found);
    }
}
