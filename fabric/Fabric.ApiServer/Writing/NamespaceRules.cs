using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Writing;

/// <summary>What is particular to the one kind that holds others.</summary>
internal static class NamespaceRules
{
    public const string Resource = "namespaces";
    private const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>Namespaces that always exist.</summary>
    public static readonly string[] Permanent = ["default", "kube-system", "kube-node-lease"];

    public static ObjectKey Key(string name) => new(Resource, "", name);

    public static void PrepareNew(JsonObject @namespace)
    {
        @namespace.EnsureObject("spec")["finalizers"] = new JsonArray("kubernetes");
        @namespace["status"] = new JsonObject { ["phase"] = "Active" };
        ObjectMetadata.Of(@namespace).Json.EnsureObject("labels")[NameLabel] = ObjectMetadata.Of(@namespace).Name;
    }

    public static void MarkTerminating(JsonObject @namespace) => @namespace.EnsureObject("status")["phase"] = "Terminating";

    /// <summary>Refuses a creation in a namespace that does not exist or is going away.</summary>
    /// <exception cref="StatusException">404 or 403.</exception>
    public static void CheckOpen(IObjectReader reader, ResourceDefinition definition, ResourceDefinition namespaces, string name, string objectName)
    {
        var found = reader.Get(Key(name)) ?? throw StatusException.NotFound(namespaces, name);
        if (found.Mentions("\"deletionTimestamp\""u8) && ObjectMetadata.Of(found.Parse()).IsBeingDeleted)
            throw StatusException.Forbidden(definition, objectName, $"unable to create new content in namespace {name} because it is being terminated");
    }
}
