using Fabric.Grains.Storage;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Fabric.Server.Control;

namespace Fabric.Server.Storage;

/// <summary>The grains' store: the Kubernetes API, with its answers as outcomes, and the control plane's copies of what is watched.</summary>
internal sealed class KubeObjectStore(KubeClient client, Watched watched) : IObjectStore
{
    public Task<T?> FindAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubeObject =>
        watched.CopyOf(type)?.Get(key) is { } seen ? Task.FromResult<T?>(seen) : GetAsync(type, key, cancellationToken);

    public Task<IReadOnlyList<T>> FindAllAsync<T>(ResourceType<T> type, CancellationToken cancellationToken)
        where T : class, IKubeObject =>
        watched.CopyOf(type) is { } copy ? Task.FromResult(copy.List()) : ListAsync(type, labels: null, cancellationToken);

    public Task<T?> GetAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubeObject => client.Resource(type).GetAsync(key, cancellationToken);

    public async Task<IReadOnlyList<T>> ListAsync<T>(ResourceType<T> type, string? labels, CancellationToken cancellationToken)
        where T : class, IKubeObject =>
        (await client.Resource(type).ListAsync(new ListOptions { Labels = labels }, cancellationToken)).Items;

    public Task<WriteResult<T>> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject => OutcomeAsync(client.Resource(type).CreateAsync(value, cancellationToken));

    public Task<WriteResult<T>> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject => OutcomeAsync(client.Resource(type).UpdateAsync(value, cancellationToken));

    public Task<WriteResult<T>> ChangeAsync<T>(ResourceType<T> type, T from, T to, CancellationToken cancellationToken)
        where T : class, IKubeObject => OutcomeAsync(client.Resource(type).PatchAsync(type.KeyOf(to), KubePatch.Difference(type, from, to), cancellationToken));

    public Task<WriteResult<T>> UpdateStatusAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject => OutcomeAsync(client.Resource(type).UpdateStatusAsync(value, cancellationToken));

    public async Task<WriteOutcome> DeleteAsync<T>(ResourceType<T> type, ObjectKey key, ObjectVersion meant, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        try
        {
            return await client.Resource(type).DeleteAsync(key, new DeleteOptions { Uid = meant.Uid, ResourceVersion = meant.ResourceVersion }, cancellationToken)
                ? WriteOutcome.Done
                : WriteOutcome.NotFound;
        }
        catch (KubeException e) when (e.IsConflict)
        {
            return WriteOutcome.Conflict;
        }
    }

    private static async Task<WriteResult<T>> OutcomeAsync<T>(Task<T> write)
        where T : class
    {
        try
        {
            return new WriteResult<T>(WriteOutcome.Done, await write);
        }
        catch (KubeException e) when (e.IsAlreadyExists)
        {
            return new WriteResult<T>(WriteOutcome.AlreadyExists, null);
        }
        catch (KubeException e) when (e.IsConflict)
        {
            return new WriteResult<T>(WriteOutcome.Conflict, null);
        }
        catch (KubeException e) when (e.IsNotFound)
        {
            return new WriteResult<T>(WriteOutcome.NotFound, null);
        }
    }
}
