using System.Reflection;
using System.Text.Json.Nodes;

namespace Fabric.Resources.Crds;

/// <summary>Generates the CustomResourceDefinitions in <c>deploy/crds</c> from the records of this assembly.</summary>
public static class CrdGenerator
{
    /// <summary>The kinds that are marked as custom resources, by file name.</summary>
    public static IReadOnlyDictionary<string, JsonObject> All()
    {
        var assembly = typeof(CrdGenerator).Assembly;
        var docs = FieldDocs.Of(assembly);
        return assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<CustomResourceAttribute>() is not null)
            .ToDictionary(FileName, type => Definition(type, docs), StringComparer.Ordinal);
    }

    private static string FileName(Type type) =>
        $"{FabricApi.Group}_{type.GetCustomAttribute<CustomResourceAttribute>()!.Plural}.yaml";

    private static JsonObject Definition(Type type, FieldDocs docs)
    {
        var resource = type.GetCustomAttribute<CustomResourceAttribute>()!;
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = $"{resource.Plural}.{FabricApi.Group}" },
            ["spec"] = new JsonObject
            {
                ["group"] = FabricApi.Group,
                ["names"] = Names(type, resource),
                ["scope"] = resource.Scope.ToString(),
                ["versions"] = new JsonArray(Version(type, resource, docs)),
            },
        };
    }

    private static JsonObject Names(Type type, CustomResourceAttribute resource)
    {
        var names = new JsonObject
        {
            ["kind"] = type.Name,
            ["listKind"] = $"{type.Name}List",
            ["plural"] = resource.Plural,
            ["singular"] = type.Name.ToLowerInvariant(),
        };
        var shortNames = resource.ShortNames.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Where(name => !name.Equals(type.Name, StringComparison.OrdinalIgnoreCase)).Select(name => (JsonNode)name).ToArray();
        if (shortNames.Length > 0)
        {
            names["shortNames"] = new JsonArray(shortNames);
        }

        if (resource.Category is { } category)
        {
            names["categories"] = new JsonArray(category);
        }

        return names;
    }

    private static JsonObject Version(Type type, CustomResourceAttribute resource, FieldDocs docs)
    {
        var version = new JsonObject
        {
            ["name"] = FabricApi.Version,
            ["served"] = true,
            ["storage"] = true,
            ["additionalPrinterColumns"] = new JsonArray(
                [.. type.GetCustomAttributes<PrinterColumnAttribute>().Select(column => (JsonNode)Column(column))]),
            ["schema"] = new JsonObject { ["openAPIV3Schema"] = Schema(type, resource, docs) },
        };
        if (resource.HasStatus)
        {
            version["subresources"] = new JsonObject { ["status"] = new JsonObject() };
        }

        var selectable = type.GetCustomAttributes<SelectableFieldAttribute>().Select(field => (JsonNode)Selectable(field, version)).ToArray();
        if (selectable.Length > 0)
        {
            version["selectableFields"] = new JsonArray(selectable);
        }

        return version;
    }

    /// <summary>kube-apiserver refuses a definition whose selectable field is not a scalar of its schema; so does this.</summary>
    private static JsonObject Selectable(SelectableFieldAttribute field, JsonObject version)
    {
        var schema = version["schema"]!["openAPIV3Schema"];
        foreach (var name in field.JsonPath.Split('.')[1..])
        {
            schema = schema?["properties"]?[name];
        }

        return (string?)schema?["type"] is "string" or "integer" or "boolean"
            ? new JsonObject { ["jsonPath"] = field.JsonPath }
            : throw new InvalidOperationException($"the selectable field {field.JsonPath} is no text, integer or boolean of the kind");
    }

    private static JsonObject Column(PrinterColumnAttribute column)
    {
        var json = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.JsonPath };
        if (column.Priority > 0)
        {
            json["priority"] = column.Priority;
        }

        return json;
    }

    private static JsonObject Schema(Type type, CustomResourceAttribute resource, FieldDocs docs)
    {
        var builder = new SchemaBuilder(docs);
        var spec = type.GetProperty("Spec")!;
        var properties = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["type"] = "string" },
            ["kind"] = new JsonObject { ["type"] = "string" },
            ["metadata"] = new JsonObject { ["type"] = "object" },
            ["spec"] = builder.Property(spec),
        };
        if (resource.HasStatus)
        {
            properties["status"] = builder.Property(type.GetProperty("Status")!);
        }

        var schema = new JsonObject { ["description"] = docs.Of(type), ["type"] = "object", ["properties"] = properties };
        if (spec.GetCustomAttribute<System.Runtime.CompilerServices.RequiredMemberAttribute>() is not null)
        {
            schema["required"] = new JsonArray("spec");
        }

        return schema;
    }
}
