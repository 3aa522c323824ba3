using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.OpenApi;

/// <summary>A kind's schema as OpenAPI publishes it, and the name it has there.</summary>
internal static class KindSchemas
{
    /// <summary>The group's name backwards, as Kubernetes names custom resources: <c>io.vmnet.fabric.v1alpha1.Nic</c>.</summary>
    public static string NameOf(ResourceDefinition definition)
    {
        var group = definition.Group.Length == 0 ? "io.k8s.api.core" : string.Join('.', definition.Group.Split('.').Reverse());
        return $"{group}.{definition.Version}.{definition.Kind}";
    }

    public static JsonObject GroupVersionKind(ResourceDefinition definition) => new()
    {
        ["group"] = definition.Group,
        ["kind"] = definition.Kind,
        ["version"] = definition.Version,
    };

    /// <summary>The schema with apiVersion, kind and metadata added.</summary>
    /// <param name="references">Where references point.</param>
    public static JsonObject Complete(ResourceDefinition definition, JsonObject schema, string references)
    {
        var properties = schema.EnsureObject("properties");
        properties["apiVersion"] = CommonSchemas.ApiVersion;
        properties["kind"] = CommonSchemas.Kind;
        properties["metadata"] = new JsonObject { ["description"] = "Name, labels and what else every object has.", ["$ref"] = references + CommonSchemas.ObjectMeta };
        schema["type"] = "object";
        schema["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind(definition));
        if (!definition.Traits.BuiltIn && !definition.SelectableFields.IsEmpty)
            schema["x-kubernetes-selectable-fields"] = new JsonArray([.. definition.SelectableFields.Select(f => (JsonNode)new JsonObject { ["fieldPath"] = f })]);
        return schema;
    }

    /// <summary>A list of the kind.</summary>
    public static JsonObject List(ResourceDefinition definition, string references) => new()
    {
        ["description"] = $"{definition.ListKind} is a list of {definition.Kind}.",
        ["type"] = "object",
        ["required"] = new JsonArray("items"),
        ["properties"] = new JsonObject
        {
            ["apiVersion"] = CommonSchemas.ApiVersion,
            ["kind"] = CommonSchemas.Kind,
            ["metadata"] = new JsonObject { ["$ref"] = references + CommonSchemas.ListMeta },
            ["items"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = references + NameOf(definition) } },
        },
        ["x-kubernetes-group-version-kind"] = new JsonArray(new JsonObject { ["group"] = definition.Group, ["kind"] = definition.ListKind, ["version"] = definition.Version }),
    };
}
