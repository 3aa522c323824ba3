using System.Text.Json.Nodes;
using Fabric.ApiServer.Authorization;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Discovery;

/// <summary>What the server serves, told group by group.</summary>
/// <remarks>https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api</remarks>
internal sealed class DiscoveryDocuments(ResourceCatalog catalog)
{
    /// <summary>The path's document; null when there is none.</summary>
    public JsonObject? Find(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            ["api"] => new JsonObject
            {
                ["kind"] = "APIVersions",
                ["versions"] = new JsonArray("v1"),
                ["serverAddressByClientCIDRs"] = new JsonArray(),
            },
            ["apis"] => new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. Groups().Where(g => g.Length > 0).Select(Group)]) },
            ["api", var version] => Resources("", version),
            ["apis", var group] when Groups().Contains(group) => Named(Group(group), "APIGroup"),
            ["apis", var group, var version] => Resources(group, version),
            _ => null,
        };
    }

    private IEnumerable<string> Groups() => catalog.All.Select(d => d.Group).Concat(SelfReviews.Kinds.Select(k => k.Group)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private IEnumerable<string> Versions(string group)
    {
        var versions = catalog.All.Where(d => d.Group == group).Select(d => d.Version);
        return (SelfReviews.Kinds.Any(k => k.Group == group) ? versions.Append("v1") : versions).Distinct(StringComparer.Ordinal);
    }

    private JsonObject Group(string group)
    {
        var versions = Versions(group).Select(v => (JsonNode)new JsonObject { ["groupVersion"] = $"{group}/{v}", ["version"] = v }).ToArray();
        return new JsonObject
        {
            ["name"] = group,
            ["versions"] = new JsonArray(versions),
            ["preferredVersion"] = versions[0].DeepClone(),
        };
    }

    private static JsonObject Named(JsonObject body, string kind)
    {
        var document = new JsonObject { ["kind"] = kind, ["apiVersion"] = "v1" };
        foreach (var (name, value) in body)
            document[name] = value?.DeepClone();
        return document;
    }

    private JsonObject? Resources(string group, string version)
    {
        if (!Versions(group).Contains(version)) return null;
        var resources = new JsonArray();
        foreach (var definition in catalog.All.Where(d => d.Group == group && d.Version == version))
        {
            resources.Add(Resource(definition));
            if (definition.HasStatus)
            {
                resources.Add(new JsonObject
                {
                    ["name"] = definition.Plural + "/status",
                    ["singularName"] = "",
                    ["namespaced"] = definition.Namespaced,
                    ["kind"] = definition.Kind,
                    ["verbs"] = new JsonArray("get", "patch", "update"),
                });
            }
        }

        foreach (var (_, plural, kind) in SelfReviews.Kinds.Where(k => k.Group == group))
            resources.Add(new JsonObject { ["name"] = plural, ["singularName"] = kind.ToLowerInvariant(), ["namespaced"] = false, ["kind"] = kind, ["verbs"] = new JsonArray("create") });
        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    private static JsonObject Resource(ResourceDefinition definition)
    {
        var resource = new JsonObject
        {
            ["name"] = definition.Plural,
            ["singularName"] = definition.Singular,
            ["namespaced"] = definition.Namespaced,
            ["kind"] = definition.Kind,
            ["verbs"] = new JsonArray("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"),
        };
        if (!definition.ShortNames.IsEmpty) resource["shortNames"] = definition.ShortNames.ToJsonArray();
        if (!definition.Categories.IsEmpty) resource["categories"] = definition.Categories.ToJsonArray();
        return resource;
    }
}
