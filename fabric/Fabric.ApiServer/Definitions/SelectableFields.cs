using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Definitions;

/// <summary>Reads <c>spec.versions[].selectableFields</c> by the rules of Kubernetes 1.32.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#crd-selectable-fields</remarks>
internal static class SelectableFields
{
    private const int Most = 8;

    /// <param name="schema">Null for a built-in kind, whose fields Kubernetes itself has chosen.</param>
    /// <returns>Dotted paths without the leading dot.</returns>
    /// <exception cref="FormatException">Says which field cannot be selected on, and why.</exception>
    public static ImmutableArray<string> Read(JsonObject version, SchemaNode? schema)
    {
        var fields = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in version.ArrayAt("selectableFields")?.OfType<JsonObject>() ?? [])
        {
            var path = entry.TextAt("jsonPath") ?? throw new FormatException("selectableFields[].jsonPath: required");
            if (!path.StartsWith('.')) throw Wrong(path, "must begin with a dot");
            if (schema is not null) Check(path, schema);
            if (fields.Contains(path[1..])) throw Wrong(path, "is there twice");
            fields.Add(path[1..]);
        }

        if (schema is not null && fields.Count > Most) throw new FormatException($"selectableFields: at most {Most}, found {fields.Count}");
        return fields.ToImmutable();
    }

    private static void Check(string path, SchemaNode schema)
    {
        var node = schema;
        foreach (var name in path[1..].Split('.'))
        {
            if (node == schema && name == "metadata") throw Wrong(path, "metadata.name and metadata.namespace are always selectable, its other fields never");
            node = node.Properties.GetValueOrDefault(name) ?? throw Wrong(path, "is not in the schema");
        }

        if (node.Type is not ("string" or "integer" or "boolean")) throw Wrong(path, "must be a string, integer or boolean");
    }

    private static FormatException Wrong(string path, string why) => new($"selectableFields[].jsonPath: Invalid value: \"{path}\": {why}");
}
