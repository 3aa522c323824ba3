using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Writing;

namespace Fabric.ApiServer.Upkeep;

/// <summary>Deletes objects whose owners are gone, and lets owners go that waited for their dependents.</summary>
/// <remarks>https://kubernetes.io/docs/concepts/architecture/garbage-collection/</remarks>
internal sealed class DependentCollector(ResourceCatalog catalog, TimeProvider clock)
{
    /// <summary>Dependents of one transaction, so that clients' writes come between.</summary>
    private const int Batch = 200;

    /// <summary>Looks at one owner.</summary>
    /// <returns>Whether there is more to do.</returns>
    public bool Collect(WriteTransaction tx, string ownerUid)
    {
        var owner = tx.GetByUid(ownerUid);
        var waits = owner is not null && IsWaiting(owner);
        var touched = 0;
        foreach (var dependent in tx.DependentsOf(ownerUid))
        {
            if (touched == Batch) return true;
            if (Examine(tx, dependent, waits ? ownerUid : null)) touched++;
        }

        if (waits && !tx.DependentsOf(ownerUid).Any(d => Blocks(d, ownerUid))) Release(tx, owner!);
        return false;
    }

    /// <param name="waitingOwner">An owner in foreground deletion, which no longer keeps its dependents.</param>
    /// <returns>Whether something was written.</returns>
    private bool Examine(WriteTransaction tx, StoredObject dependent, string? waitingOwner)
    {
        if (catalog.ByName(dependent.Key.Resource) is not { } definition) return false;
        var json = dependent.Parse();
        var gone = new HashSet<string>(StringComparer.Ordinal);
        var kept = false;
        foreach (var reference in ObjectMetadata.Of(json).OwnerReferences)
        {
            if (reference.Uid == waitingOwner) continue;
            if (IsThere(tx, reference, dependent.Key.Namespace)) kept = true;
            else gone.Add(reference.Uid);
        }

        if (kept)
        {
            if (waitingOwner is not null) gone.Add(waitingOwner);
            if (gone.Count == 0) return false;
            DeletionRules.RemoveOwners(json, gone.Contains);
            tx.Replace(dependent, json);
            return true;
        }

        if (ObjectMetadata.Of(json).IsBeingDeleted || (gone.Count == 0 && waitingOwner is null)) return false;
        var policy = waitingOwner is null ? Propagation.Background : Propagation.Foreground;
        DeletionRules.Delete(tx, definition, dependent, DeleteOptions.Background with { Policy = policy, Uid = dependent.Uid }, clock.GetUtcNow());
        return true;
    }

    /// <summary>An owner of a kind that is not served here may exist elsewhere, and counts as there.</summary>
    private bool IsThere(WriteTransaction tx, OwnerReference reference, string @namespace)
    {
        if (catalog.ByKind(reference.ApiVersion, reference.Kind) is null) return true;
        return tx.GetByUid(reference.Uid) is { } owner && (owner.Key.Namespace.Length == 0 || owner.Key.Namespace == @namespace);
    }

    private static bool IsWaiting(StoredObject owner)
    {
        var metadata = ObjectMetadata.Of(owner.Parse());
        return metadata.IsBeingDeleted && metadata.Finalizers.Contains(DeletionRules.ForegroundFinalizer);
    }

    private static bool Blocks(StoredObject dependent, string ownerUid)
        => ObjectMetadata.Of(dependent.Parse()).OwnerReferences.Any(r => r.Uid == ownerUid && r.BlockOwnerDeletion);

    private void Release(WriteTransaction tx, StoredObject owner)
    {
        var next = owner.Parse();
        var metadata = ObjectMetadata.Of(next);
        metadata.SetFinalizers([.. metadata.Finalizers.Where(f => f != DeletionRules.ForegroundFinalizer)]);
        if (catalog.ByName(owner.Key.Resource) is { } definition && DeletionRules.IsComplete(definition, next)) tx.Remove(owner, next);
        else tx.Replace(owner, next);
    }
}
