using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Patching;

/// <summary>
/// Goes through objects along their schema as field ownership sees them: maps field by field, keyed lists element by
/// element, everything else as one value.
/// </summary>
internal sealed class FieldWalker
{
    /// <summary>Fields that nobody owns: they name the object or are the server's.</summary>
    private static readonly string[] UnownedMetadata =
        ["name", "namespace", "generateName", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"];

    private static readonly SchemaNode MetadataSchema = SchemaNode.Of((JsonObject)JsonNode.Parse("""
        {"type":"object","properties":{
          "labels":{"type":"object","additionalProperties":{"type":"string"}},
          "annotations":{"type":"object","additionalProperties":{"type":"string"}},
          "finalizers":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
          "ownerReferences":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["uid"],
            "items":{"type":"object","x-kubernetes-map-type":"atomic","properties":{"uid":{"type":"string"}}}}}}
        """)!);

    private readonly ResourceDefinition _definition;
    private readonly ImmutableArray<string> _roots;

    /// <param name="subresource"><c>status</c> owns the status only; the main resource everything else.</param>
    public FieldWalker(ResourceDefinition definition, string? subresource)
    {
        _definition = definition;
        _roots = subresource == "status" ? ["status"] : [];
    }

    /// <summary>Every field that an object sets.</summary>
    public FieldSet FieldsOf(JsonObject @object)
    {
        var set = new FieldSet();
        foreach (var (name, value) in @object)
        {
            if (!IsOwnable(name) || value is null) continue;
            if (name != "metadata")
            {
                Collect(value, _definition.Schema.Field(name), set.Child("f:" + name));
                continue;
            }

            foreach (var (field, inner) in (value as JsonObject) ?? [])
            {
                if (!UnownedMetadata.Contains(field)) Collect(inner, MetadataSchema.Field(field), set.Child("f:metadata").Child("f:" + field));
            }
        }

        return set;
    }

    /// <summary>The schema of a field at the top.</summary>
    public SchemaNode? SchemaOf(string name) => name == "metadata" ? MetadataSchema : _definition.Schema.Field(name);

    /// <summary>The fields of one set whose value differs between two objects, or that only one has.</summary>
    public FieldSet Differing(FieldSet set, JsonObject one, JsonObject other)
    {
        var differing = new FieldSet();
        foreach (var (step, child) in set.Children)
            Compare(child, Find(one, step, null), Find(other, step, null), SchemaOf(step[2..]), step, differing);
        return differing;
    }

    /// <summary>The value that a step leads to.</summary>
    public static JsonNode? Find(JsonNode? node, string step, SchemaNode? schema)
    {
        if (step.StartsWith("f:", StringComparison.Ordinal)) return (node as JsonObject)?[step[2..]];
        if (node is not JsonArray list) return null;
        return step.StartsWith("v:", StringComparison.Ordinal)
            ? list.FirstOrDefault(e => JsonBody.ToText(e) == step[2..])
            : schema is null ? null : list.FirstOrDefault(e => ListKeys.OfElement(schema, e) == step[2..]);
    }

    /// <summary>The schema of what a step leads to.</summary>
    public static SchemaNode? Below(SchemaNode? schema, string step)
        => step.StartsWith("f:", StringComparison.Ordinal) ? schema?.Field(step[2..]) : schema?.Items;

    public static bool IsGranularMap(SchemaNode? schema, JsonNode? value) => value is JsonObject { Count: > 0 } && schema?.AtomicMap != true;

    private bool IsOwnable(string name)
    {
        if (name is "apiVersion" or "kind") return false;
        if (!_roots.IsEmpty) return _roots.Contains(name);
        return !(name == "status" && _definition.HasStatus);
    }

    private static void Collect(JsonNode? value, SchemaNode? schema, FieldSet set)
    {
        if (IsGranularMap(schema, value))
        {
            set.HasSelf = schema?.AdditionalProperties is not null;
            foreach (var (name, child) in (JsonObject)value!)
                Collect(child, schema?.Field(name), set.Child("f:" + name));
            return;
        }

        if (value is JsonArray { Count: > 0 } list && schema is { List: not ListKind.Atomic })
        {
            foreach (var element in list)
                CollectElement(element, schema, set);
            return;
        }

        set.HasSelf = true;
    }

    private static void CollectElement(JsonNode? element, SchemaNode schema, FieldSet set)
    {
        if (schema.List == ListKind.Set)
        {
            set.Child("v:" + JsonBody.ToText(element)).HasSelf = true;
            return;
        }

        if (ListKeys.OfElement(schema, element) is not { } key) return;
        var child = set.Child("k:" + key);
        Collect(element, schema.Items, child);
        child.HasSelf = true;
    }

    private static void Compare(FieldSet set, JsonNode? one, JsonNode? other, SchemaNode? schema, string step, FieldSet into)
    {
        if (set.IsLeaf)
        {
            if (!JsonNode.DeepEquals(one, other)) into.Child(step).HasSelf = true;
            return;
        }

        var below = new FieldSet();
        if (set.HasSelf && (one is null) != (other is null)) below.HasSelf = true;
        foreach (var (next, child) in set.Children)
            Compare(child, Find(one, next, schema), Find(other, next, schema), Below(schema, next), next, below);
        if (!below.IsEmpty) into.Child(step).Add(below);
    }
}
