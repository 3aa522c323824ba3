using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Workloads;

/// <summary>
/// Lists all Subnets for the workloads that have to choose one. Those that ask while a list is being read share the next: it begins
/// after they asked, so it is as new as one of their own, and a burst of pods costs a few lists and not one each.
/// </summary>
/// <param name="store">Where the Subnets are.</param>
public sealed class SubnetLister(IObjectStore store)
{
    private readonly Lock _gate = new();
    private Task<IReadOnlyList<Subnet>>? _running;
    private Task<IReadOnlyList<Subnet>>? _next;

    /// <summary>The Subnets as they are now or later.</summary>
    public Task<IReadOnlyList<Subnet>> ListAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return (_next ??= ListAfterAsync(_running)).WaitAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<Subnet>> ListAfterAsync(Task<IReadOnlyList<Subnet>>? running)
    {
        // Leaves the caller's lock, so that the task is known to the others before it begins.
        await Task.Yield();
        if (running is not null)
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            (_running, _next) = (_next, null);
        // Nobody's token: the one that asked first may give up while others wait. The store has its own time limit.
        return await store.ListAsync(ResourceTypes.Subnets, labels: null, CancellationToken.None);
    }
}
