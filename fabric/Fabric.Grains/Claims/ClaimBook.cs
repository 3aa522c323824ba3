using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Claims;

/// <summary>
/// The one place where claims are written: always on what was read, so that of two who want the same one gets it, whatever
/// either believes.
/// </summary>
public sealed class ClaimBook<T>(IObjectStore store, ClaimKind<T> kind)
    where T : class, IKubeObject
{
    /// <summary>The claim of a name, or null.</summary>
    public Task<T?> ReadAsync(string name, CancellationToken cancellationToken) => store.GetAsync(kind.Type, new ObjectKey(name), cancellationToken);

    /// <summary>Changes who holds a claim; makes it when there is none, removes it when nobody holds it any more.</summary>
    /// <param name="unheld">The claim as it would be made, without holders.</param>
    /// <param name="change">What is to become of its holders; asked again whenever somebody else was faster.</param>
    /// <param name="isThoughtFree">The claim is probably not there: saves a read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The claim as it is now, changed or not; null when there is none.</returns>
    public async Task<T?> ChangeAsync(T unheld, Func<T?, ClaimHolders, ClaimHolders> change, bool isThoughtFree, CancellationToken cancellationToken)
    {
        var name = unheld.Metadata.Name!;
        var found = isThoughtFree ? null : await ReadAsync(name, cancellationToken);
        while (true)
        {
            var before = found is null ? default : kind.HoldersOf(found);
            var after = change(found, before);
            if (after == before)
                return found;
            if (found is null)
            {
                var made = await store.CreateAsync(kind.Type, kind.WithHolders(unheld, after), cancellationToken);
                if (made.Outcome == WriteOutcome.Done)
                    return made.Value;
            }
            else if (after.IsEmpty)
            {
                if (await store.DeleteAsync(kind.Type, new ObjectKey(name), ObjectVersion.Of(found), cancellationToken) == WriteOutcome.Done)
                    return null;
            }
            else
            {
                var written = await store.UpdateAsync(kind.Type, kind.WithHolders(found, after), cancellationToken);
                if (written.Outcome == WriteOutcome.Done)
                    return written.Value;
            }
            found = await ReadAsync(name, cancellationToken);
        }
    }
}
