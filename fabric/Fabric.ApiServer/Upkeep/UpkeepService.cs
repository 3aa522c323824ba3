using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Writing;
using Microsoft.Extensions.Logging;

namespace Fabric.ApiServer.Upkeep;

/// <summary>Does what writes leave to be done: dependents of deleted owners, contents of deleted namespaces.</summary>
internal sealed class UpkeepService : IAsyncDisposable
{
    /// <summary>Before a task that failed is tried again; long enough for a full disk to be noticed in the log, not to fill it.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ObjectStore _store;
    private readonly DependentCollector _dependents;
    private readonly NamespaceCollector _namespaces;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _terminating = new(StringComparer.Ordinal);
    private readonly Task _loop;

    public UpkeepService(ObjectStore store, ResourceCatalog catalog, TimeProvider clock, ILogger logger)
    {
        _store = store;
        _clock = clock;
        _logger = logger;
        _dependents = new DependentCollector(catalog, clock);
        _namespaces = new NamespaceCollector(catalog, clock);
        FindLeftovers();
        _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    /// <summary>What a stopped server had not done yet.</summary>
    private void FindLeftovers()
    {
        using var snapshot = _store.BeginRead();
        foreach (var stored in snapshot.Scan(NamespaceRules.Resource, null))
        {
            if (ObjectMetadata.Of(stored.Parse()).IsBeingDeleted) _terminating.Add(stored.Key.Name);
        }

        _store.Upkeep.Add(_terminating.Select(UpkeepTask.Namespace));
        _store.Upkeep.Add(snapshot.AbsentOwners().Select(UpkeepTask.Owner));
        _store.Upkeep.Add(snapshot.UidsMentioning(DeletionRules.ForegroundFinalizer).Select(UpkeepTask.Owner));
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var task = await _store.Upkeep.TakeAsync(_stop.Token);
                try
                {
                    if (await CarryOutAsync(task)) _store.Upkeep.Add([task]);
                }
                catch (StoreException e)
                {
                    _logger.LogWarning(e, "Upkeep of {Kind} {Id} failed and will be tried again", task.Kind, task.Id);
                    await Task.Delay(RetryAfter, _clock, _stop.Token);
                    _store.Upkeep.Add([task]);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // One object must not keep all others from being collected.
                    _logger.LogError(e, "Upkeep of {Kind} {Id} failed", task.Kind, task.Id);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped; what is left is found again at the next start.
        }
    }

    /// <returns>Whether there is more to do.</returns>
    private async Task<bool> CarryOutAsync(UpkeepTask task)
    {
        if (task.Kind == UpkeepKind.Owner)
            return await _store.WriteAsync(tx => _dependents.Collect(tx, task.Id), dryRun: false, _stop.Token);

        if (!_terminating.Contains(task.Id) && !IsTerminating(task.Id)) return false;
        var state = await _store.WriteAsync(tx => _namespaces.Collect(tx, task.Id), dryRun: false, _stop.Token);
        if (state == NamespaceState.Done) _terminating.Remove(task.Id);
        else _terminating.Add(task.Id);
        return state == NamespaceState.More;
    }

    private bool IsTerminating(string name)
    {
        using var snapshot = _store.BeginRead();
        return snapshot.Get(NamespaceRules.Key(name)) is { } stored && ObjectMetadata.Of(stored.Parse()).IsBeingDeleted;
    }
}
