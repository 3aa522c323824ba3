using System.Text.Json.Nodes;

namespace Fabric.ApiServer.OpenApi;

/// <summary>Schemas that every kind shares, under the names that Kubernetes' clients know.</summary>
internal static class CommonSchemas
{
    public const string ObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    public const string ListMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
    public const string OwnerReference = "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference";
    public const string ManagedFieldsEntry = "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry";
    public const string Time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";

    private const string ApiVersionText = "Version of the form in which the object is written.";
    private const string KindText = "Kind of the object, in CamelCase.";

    public static JsonObject ApiVersion => Text(ApiVersionText);

    public static JsonObject Kind => Text(KindText);

    /// <param name="references">Where references point: <c>#/definitions/</c> or <c>#/components/schemas/</c>.</param>
    public static IEnumerable<(string Name, JsonObject Schema)> All(string references)
    {
        JsonObject Reference(string name, string description) => new() { ["description"] = description, ["$ref"] = references + name };
        yield return (Time, new JsonObject { ["description"] = "A moment, RFC 3339, in whole seconds.", ["type"] = "string", ["format"] = "date-time" });
        yield return (ListMeta, Object("What the server says of a list.", new JsonObject
        {
            ["continue"] = Text("Set when there are more objects: pass it to get the next page."),
            ["remainingItemCount"] = Integer("How many more there are, if known."),
            ["resourceVersion"] = Text("The state of the server that the list shows."),
            ["selfLink"] = Text("No longer used."),
        }));
        yield return (OwnerReference, Object("An object that this one belongs to, and with which it is deleted.", new JsonObject
        {
            ["apiVersion"] = Text("API version of the owner."),
            ["kind"] = Text("Kind of the owner."),
            ["name"] = Text("Name of the owner."),
            ["uid"] = Text("Uid of the owner."),
            ["controller"] = Flag("Whether the owner is the one that manages this object."),
            ["blockOwnerDeletion"] = Flag("Whether an owner that is deleted in the foreground waits for this object."),
        }, "apiVersion", "kind", "name", "uid"));
        yield return (ManagedFieldsEntry, Object("The fields that one manager has set.", new JsonObject
        {
            ["apiVersion"] = Text("Version of the fields."),
            ["fieldsType"] = Text("Always FieldsV1."),
            ["fieldsV1"] = new JsonObject { ["type"] = "object", ["description"] = "The set of fields." },
            ["manager"] = Text("Who manages the fields."),
            ["operation"] = Text("Apply or Update."),
            ["subresource"] = Text("The subresource by which they were set."),
            ["time"] = Reference(Time, "When the set last changed."),
        }));
        yield return (ObjectMeta, Object("What every object has.", new JsonObject
        {
            ["name"] = Text("Unique within the namespace, or the cluster. Cannot be changed."),
            ["generateName"] = Text("Beginning of a name that the server completes, used when name is not given."),
            ["namespace"] = Text("The namespace the object is in. Cannot be changed."),
            ["labels"] = Texts("Keys and values to select by."),
            ["annotations"] = Texts("Keys and values that are not selected by."),
            ["finalizers"] = List("What must be done before the object is gone.", new JsonObject { ["type"] = "string" }, ("x-kubernetes-list-type", "set"), ("x-kubernetes-patch-strategy", "merge")),
            ["ownerReferences"] = List("What the object belongs to.", Reference(OwnerReference, ""), ("x-kubernetes-list-type", "map"), ("x-kubernetes-list-map-keys", new JsonArray("uid")), ("x-kubernetes-patch-merge-key", "uid"), ("x-kubernetes-patch-strategy", "merge")),
            ["creationTimestamp"] = Reference(Time, "When the object was created. Set by the server."),
            ["deletionTimestamp"] = Reference(Time, "When the object is to be gone. Set by the server."),
            ["deletionGracePeriodSeconds"] = Integer("Seconds the object has to end by itself. Set by the server."),
            ["generation"] = Integer("Counts changes of what is wished for. Set by the server."),
            ["resourceVersion"] = Text("The version of the object, to detect that it changed. Set by the server."),
            ["uid"] = Text("Unique in space and time. Set by the server."),
            ["selfLink"] = Text("No longer used."),
            ["managedFields"] = List("Who set which fields. Set by the server.", Reference(ManagedFieldsEntry, "")),
        }));
    }

    public static JsonObject Text(string description) => new() { ["description"] = description, ["type"] = "string" };

    private static JsonObject Integer(string description) => new() { ["description"] = description, ["type"] = "integer", ["format"] = "int64" };

    private static JsonObject Flag(string description) => new() { ["description"] = description, ["type"] = "boolean" };

    private static JsonObject Texts(string description) => new() { ["description"] = description, ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } };

    private static JsonObject List(string description, JsonObject items, params ReadOnlySpan<(string Name, JsonNode Value)> extensions)
    {
        var list = new JsonObject { ["description"] = description, ["type"] = "array", ["items"] = items };
        foreach (var (name, value) in extensions)
            list[name] = value;
        return list;
    }

    private static JsonObject Object(string description, JsonObject properties, params string[] required)
    {
        var schema = new JsonObject { ["description"] = description, ["type"] = "object", ["properties"] = properties };
        if (required.Length > 0) schema["required"] = new JsonArray([.. required.Select(r => (JsonNode)r)]);
        return schema;
    }
}
