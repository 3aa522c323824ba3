using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;

namespace Fabric.ApiServer.OpenApi;

/// <summary>The addresses of a kind and the operations on them, in either OpenAPI version.</summary>
internal sealed class OpenApiPaths(bool isVersion3)
{
    private static readonly (string Name, string Type, string Description)[] WriteParameters =
    [
        ("dryRun", "string", "All: do everything but store the result."),
        ("fieldManager", "string", "Who is to own the fields that are set."),
        ("fieldValidation", "string", "What to do about unknown fields: Ignore, Warn or Strict."),
    ];

    private static readonly (string Name, string Type, string Description)[] ListParameters =
    [
        ("labelSelector", "string", "Select by labels."),
        ("fieldSelector", "string", "Select by fields."),
        ("limit", "integer", "At most this many objects; the answer says how to continue."),
        ("continue", "string", "Continue a list."),
        ("resourceVersion", "string", "The state of the server to list or to watch from."),
        ("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
        ("timeoutSeconds", "integer", "End a watch after this many seconds."),
        ("allowWatchBookmarks", "boolean", "Send the version from time to time."),
        ("sendInitialEvents", "boolean", "Begin a watch with what exists."),
        ("watch", "boolean", "Send changes as they happen."),
    ];

    private static readonly (string Name, string Type, string Description)[] DeleteParameters =
    [
        ("dryRun", "string", "All: do everything but store the result."),
        ("gracePeriodSeconds", "integer", "Seconds the object has to end by itself."),
        ("propagationPolicy", "string", "What happens to dependents: Background, Foreground or Orphan."),
    ];

    public IEnumerable<(string Path, JsonObject Item)> Of(ResourceDefinition definition)
    {
        var root = definition.Group.Length == 0 ? $"/api/{definition.Version}" : $"/apis/{definition.Group}/{definition.Version}";
        var collection = definition.Namespaced ? $"{root}/namespaces/{{namespace}}/{definition.Plural}" : $"{root}/{definition.Plural}";
        if (definition.Namespaced) yield return ($"{root}/{definition.Plural}", Item(definition, [], ("get", "list", ListParameters)));
        yield return (collection, Item(definition, Placeholders(collection), ("get", "list", ListParameters), ("post", "post", WriteParameters), ("delete", "deletecollection", DeleteParameters)));
        var single = collection + "/{name}";
        yield return (single, Item(definition, Placeholders(single), ("get", "get", []), ("put", "put", WriteParameters), ("patch", "patch", [.. WriteParameters, ("force", "boolean", "Take fields over from other managers in an apply.")]), ("delete", "delete", DeleteParameters)));
        if (definition.HasStatus)
            yield return (single + "/status", Item(definition, Placeholders(single), ("get", "get", []), ("put", "put", WriteParameters), ("patch", "patch", WriteParameters)));
    }

    private static List<string> Placeholders(string path) => [.. path.Split('/').Where(p => p.StartsWith('{')).Select(p => p[1..^1])];

    private JsonObject Item(ResourceDefinition definition, List<string> placeholders, params ReadOnlySpan<(string Method, string Action, (string Name, string Type, string Description)[] Query)> operations)
    {
        var item = new JsonObject();
        foreach (var (method, action, query) in operations)
            item[method] = Operation(definition, method, action, query);
        if (placeholders.Count > 0)
            item["parameters"] = new JsonArray([.. placeholders.Select(p => (JsonNode)Parameter(p, "path", "string", $"The {p} of the object.", required: true))]);
        return item;
    }

    private JsonObject Operation(ResourceDefinition definition, string method, string action, (string Name, string Type, string Description)[] query)
    {
        var parameters = new JsonArray([.. query.Select(q => (JsonNode)Parameter(q.Name, "query", q.Type, q.Description, required: false))]);
        var operation = new JsonObject
        {
            ["description"] = $"{action} {definition.Kind}",
            ["responses"] = new JsonObject { ["200"] = Response(definition, action == "list") },
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = KindSchemas.GroupVersionKind(definition),
        };
        var consumed = method switch
        {
            "patch" => PatchTypes(definition),
            "put" or "post" => [MediaType.Json, MediaType.Yaml],
            _ => [],
        };
        if (isVersion3)
        {
            if (consumed.Length > 0)
                operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = new JsonObject(consumed.Select(c => KeyValuePair.Create(c, (JsonNode?)new JsonObject { ["schema"] = Body(definition, method) }))) };
        }
        else if (consumed.Length > 0)
        {
            operation["consumes"] = consumed.ToJsonArray();
            parameters.Insert(0, new JsonObject { ["in"] = "body", ["name"] = "body", ["required"] = true, ["schema"] = Body(definition, method) });
        }

        if (!isVersion3) operation["produces"] = new JsonArray(MediaType.Json);
        operation["parameters"] = parameters;
        return operation;
    }

    private static string[] PatchTypes(ResourceDefinition definition)
    {
        string[] common = [MediaType.ApplyPatch, MediaType.JsonPatch, MediaType.MergePatch];
        return definition.Traits.StrategicMergePatch ? [.. common, MediaType.StrategicMergePatch] : common;
    }

    private JsonObject Body(ResourceDefinition definition, string method)
        => method == "patch" ? new JsonObject { ["type"] = "object" } : new JsonObject { ["$ref"] = References + KindSchemas.NameOf(definition) };

    private JsonObject Response(ResourceDefinition definition, bool isList)
    {
        var schema = new JsonObject { ["$ref"] = References + KindSchemas.NameOf(definition) + (isList ? "List" : "") };
        var response = new JsonObject { ["description"] = "OK" };
        if (isVersion3) response["content"] = new JsonObject { [MediaType.Json] = new JsonObject { ["schema"] = schema } };
        else response["schema"] = schema;
        return response;
    }

    private string References => isVersion3 ? OpenApiDocuments.Version3References : OpenApiDocuments.Version2References;

    private JsonObject Parameter(string name, string where, string type, string description, bool required)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = where, ["description"] = description };
        if (required) parameter["required"] = true;
        if (isVersion3) parameter["schema"] = new JsonObject { ["type"] = type };
        else parameter["type"] = type;
        return parameter;
    }
}
