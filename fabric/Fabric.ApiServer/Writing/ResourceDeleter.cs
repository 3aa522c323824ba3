using Fabric.ApiServer.Admission;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Watching;

namespace Fabric.ApiServer.Writing;

/// <summary>Deletions that clients ask for.</summary>
internal sealed class ResourceDeleter(ObjectStore store, AdmissionChain admission, TimeProvider clock)
{
    /// <summary>Objects of one collection that are deleted in one transaction.</summary>
    private const int CollectionBatch = 500;

    public Task<DeleteResult> DeleteAsync(WriteRequest request, DeleteOptions options, CancellationToken cancellationToken)
        => store.WriteAsync(
            tx =>
            {
                var key = new ObjectKey(request.Definition.QualifiedName, request.Namespace, request.Name);
                var stored = tx.Get(key) ?? throw StatusException.NotFound(request.Definition, request.Name);
                return Delete(tx, request, stored, options);
            },
            options.DryRun,
            cancellationToken);

    /// <summary>Deletes what a selection holds.</summary>
    /// <returns>The last state of each object.</returns>
    public async Task<IReadOnlyList<StoredObject>> DeleteCollectionAsync(WriteRequest request, ChangeFilter selection, DeleteOptions options, CancellationToken cancellationToken)
    {
        List<ObjectKey> keys;
        using (var snapshot = store.BeginRead())
            keys = [.. snapshot.Scan(request.Definition.QualifiedName, selection.Namespace).Where(selection.Matches).Select(s => s.Key)];

        var deleted = new List<StoredObject>();
        foreach (var batch in keys.Chunk(CollectionBatch))
        {
            deleted.AddRange(await store.WriteAsync(
                tx => batch.Select(tx.Get).OfType<StoredObject>().Where(selection.Matches).Select(s => Delete(tx, request, s, options).Object).ToList(),
                options.DryRun,
                cancellationToken));
        }

        return deleted;
    }

    private DeleteResult Delete(WriteTransaction tx, WriteRequest request, StoredObject stored, DeleteOptions options)
    {
        var warnings = admission.Review(
            request.Definition, AdmissionOperation.Delete, null, stored.Key, null, stored.Parse(), tx, request.User, options.DryRun);
        var (result, removed) = DeletionRules.Delete(tx, request.Definition, stored, options, clock.GetUtcNow());
        return new DeleteResult(result, removed, warnings);
    }
}
