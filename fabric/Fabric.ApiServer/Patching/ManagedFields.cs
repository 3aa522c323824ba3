using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Patching;

/// <summary>One manager's part of an object.</summary>
internal sealed record FieldManager(string Name, string Operation, string? Subresource, string Time, FieldSet Fields)
{
    public bool Is(string name, string operation, string? subresource) => Name == name && Operation == operation && Subresource == subresource;
}

/// <summary>
/// <c>metadata.managedFields</c>. Kept only for objects that were applied server-side at least once: until then nobody can
/// be in conflict, and what is there counts as set "before the first apply".
/// </summary>
internal static class ManagedFields
{
    public const string Apply = "Apply";
    public const string Update = "Update";
    private const string BeforeFirstApply = "before-first-apply";

    public static List<FieldManager> Read(JsonObject @object)
    {
        var managers = new List<FieldManager>();
        foreach (var entry in ObjectMetadata.Of(@object).ManagedFields?.OfType<JsonObject>() ?? [])
        {
            if (entry.TextAt("manager") is not { } name || entry.ObjectAt("fieldsV1") is not { Count: > 0 } fields) continue;
            managers.Add(new FieldManager(name, entry.TextAt("operation") ?? Update, entry.TextAt("subresource"), entry.TextAt("time") ?? "", FieldSet.FromJson(fields)));
        }

        return managers;
    }

    public static void Write(JsonObject @object, ResourceDefinition definition, IEnumerable<FieldManager> managers)
    {
        var entries = managers.Where(m => !m.Fields.IsEmpty).Select(m =>
        {
            var entry = new JsonObject
            {
                ["manager"] = m.Name,
                ["operation"] = m.Operation,
                ["apiVersion"] = definition.ApiVersion,
                ["time"] = m.Time,
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = m.Fields.ToJson(),
            };
            if (m.Subresource is not null) entry["subresource"] = m.Subresource;
            return (JsonNode)entry;
        }).ToArray();
        if (entries.Length == 0) ObjectMetadata.Of(@object).Json.Remove("managedFields");
        else ObjectMetadata.Of(@object).Json["managedFields"] = new JsonArray(entries);
    }

    /// <summary>A new object has no managers, whatever its writer says.</summary>
    public static void OnCreate(JsonObject created) => ObjectMetadata.Of(created).Json.Remove("managedFields");

    /// <summary>Who set what exists when the first apply comes.</summary>
    public static FieldManager ForExisting(FieldWalker walker, JsonObject current)
        => new(BeforeFirstApply, Update, null, ObjectMetadata.Of(current).Json.TextAt("creationTimestamp") ?? "", walker.FieldsOf(current));

    /// <summary>An update takes over what it changes.</summary>
    public static void OnUpdate(ResourceDefinition definition, JsonObject old, JsonObject next, string manager, string? subresource, DateTimeOffset now)
    {
        var sent = ObjectMetadata.Of(next).ManagedFields;
        if (ObjectMetadata.Of(old).ManagedFields is null)
        {
            if (sent is not null) ObjectMetadata.Of(next).Json.Remove("managedFields");
            return;
        }

        // Clients may give up all records with an empty list.
        if (sent is [] or [JsonObject { Count: 0 }])
        {
            ObjectMetadata.Of(next).Json.Remove("managedFields");
            return;
        }

        var walker = new FieldWalker(definition, subresource);
        var (before, after) = (walker.FieldsOf(old), walker.FieldsOf(next));
        var changed = walker.Differing(after, old, next);
        var removed = before.Clone();
        removed.Subtract(after);
        if (changed.IsEmpty && removed.IsEmpty) return;

        var managers = Read(sent is null ? old : next);
        foreach (var other in managers)
        {
            other.Fields.Subtract(removed);
            if (!other.Is(manager, Update, subresource)) other.Fields.Subtract(changed);
        }

        var index = managers.FindIndex(m => m.Is(manager, Update, subresource));
        var mine = new FieldManager(manager, Update, subresource, ObjectMetadata.Timestamp(now), index < 0 ? new FieldSet() : managers[index].Fields);
        mine.Fields.Add(changed);
        if (index < 0) managers.Add(mine);
        else managers[index] = mine;
        Write(next, definition, managers);
    }

    public static bool SameApartFromTimes(JsonNode? a, JsonNode? b) => JsonNode.DeepEquals(WithoutTimes(a), WithoutTimes(b));

    private static JsonNode? WithoutTimes(JsonNode? entries)
    {
        var copy = entries?.DeepClone();
        foreach (var entry in (copy as JsonArray)?.OfType<JsonObject>() ?? [])
            entry.Remove("time");
        return copy;
    }
}
