using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Writing;

namespace Fabric.ApiServer.Upkeep;

/// <summary>Empties namespaces that are being deleted, then removes them.</summary>
internal sealed class NamespaceCollector(ResourceCatalog catalog, TimeProvider clock)
{
    /// <summary>Objects of one transaction, so that clients' writes come between.</summary>
    private const int Batch = 200;

    /// <summary>Deletes some of what is left in a namespace.</summary>
    /// <returns>What is to be done next.</returns>
    public NamespaceState Collect(WriteTransaction tx, string name)
    {
        if (tx.Get(NamespaceRules.Key(name)) is not { } stored) return NamespaceState.Done;
        var json = stored.Parse();
        var metadata = ObjectMetadata.Of(json);
        if (!metadata.IsBeingDeleted) return NamespaceState.Done;

        var deleted = 0;
        foreach (var key in tx.KeysInNamespace(name))
        {
            if (catalog.ByName(key.Resource) is not { } definition)
            {
                // Its kind is no longer served, so nobody else can ever remove it.
                if (tx.Get(key) is { } unserved) tx.Remove(unserved, unserved.Parse());
                continue;
            }

            if (deleted == Batch) return NamespaceState.More;
            if (tx.Get(key) is not { } content || ObjectMetadata.Of(content.Parse()).IsBeingDeleted) continue;
            DeletionRules.Delete(tx, definition, content, DeleteOptions.Background, clock.GetUtcNow());
            deleted++;
        }

        if (tx.AnyInNamespace(name) || metadata.HasFinalizers) return NamespaceState.Waiting;
        json.ObjectAt("spec")?.Remove("finalizers");
        tx.Remove(stored, json);
        return NamespaceState.Done;
    }
}

/// <summary>How far the deletion of a namespace is.</summary>
internal enum NamespaceState
{
    /// <summary>Gone, or not being deleted.</summary>
    Done,

    /// <summary>More to delete at once.</summary>
    More,

    /// <summary>Something in it waits for finalizers or a node.</summary>
    Waiting,
}
