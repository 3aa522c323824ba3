using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Writing;

namespace Fabric.ApiServer.Hosting;

/// <summary>Makes the namespaces that every cluster has.</summary>
internal static class PermanentNamespaces
{
    public static Task EnsureAsync(ObjectStore store, ResourceCatalog catalog, TimeProvider clock, CancellationToken cancellationToken)
    {
        var definition = catalog.ByName(NamespaceRules.Resource)!;
        return store.WriteAsync(
            tx =>
            {
                foreach (var name in NamespaceRules.Permanent)
                {
                    if (tx.Get(NamespaceRules.Key(name)) is not null) continue;
                    var body = new JsonObject
                    {
                        ["apiVersion"] = definition.ApiVersion,
                        ["kind"] = definition.Kind,
                        ["metadata"] = new JsonObject { ["name"] = name, ["uid"] = Guid.NewGuid().ToString() },
                    };
                    ObjectMetadata.Of(body).SetTime("creationTimestamp", clock.GetUtcNow());
                    NamespaceRules.PrepareNew(body);
                    tx.Insert(NamespaceRules.Key(name), body);
                }

                return true;
            },
            dryRun: false,
            cancellationToken);
    }
}
