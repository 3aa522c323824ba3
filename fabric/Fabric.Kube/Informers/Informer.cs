using Fabric.Kube.Transport;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Fabric.Kube.Informers;

/// <summary>
/// Keeps a copy of a collection: lists it, watches from there, and after any break goes on so that no change is missed.
/// A handler sees each object's states in order, but not necessarily all of them.
/// </summary>
/// <remarks>
/// Level, not edge: after a 410 the collection is listed again and the difference is told as if it had been watched. Objects that
/// went in the meantime are told as deleted with their last known state.
/// </remarks>
public sealed class Informer<T>
    where T : class, IKubeObject
{
    private static readonly Backoff RetryWait = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(15));

    // What stands before a server that is away may ask for an hour; nobody says when the server is back but the server.
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(1);

    private readonly KubeResource<T> _resource;
    private readonly ListOptions _scope;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly InformerCache<T> _cache = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _dispatch = new();
    private readonly List<Action<InformerEvent<T>>> _handlers = [];

    /// <summary>Prepares the informer; <see cref="RunAsync"/> fills it.</summary>
    /// <param name="client">The connection.</param>
    /// <param name="type">What to keep a copy of.</param>
    /// <param name="scope">Which of them; null for all.</param>
    public Informer(KubeClient client, ResourceType<T> type, ListOptions? scope = null)
    {
        _resource = client.Resource(type);
        _scope = scope ?? ListOptions.All;
        _time = client.Options.Time;
        _logger = client.Options.Logger;
    }

    /// <summary>The first list has been taken over and told to the handlers.</summary>
    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>Number of objects known.</summary>
    public int Count => _cache.Count;

    /// <summary>The object as last seen, or null.</summary>
    public T? Get(ObjectKey key) => _cache.Get(key);

    /// <summary>All objects as last seen, in no order.</summary>
    public IReadOnlyList<T> List() => _cache.All();

    /// <summary>Adds an index over what <paramref name="values"/> says of an object; it must depend on the object alone.</summary>
    public InformerIndex<T> AddIndex(Func<T, IEnumerable<string>> values) => _cache.AddIndex(values);

    /// <summary>Adds an index by namespace.</summary>
    public InformerIndex<T> AddNamespaceIndex() => AddIndex(value => [value.Metadata.Namespace ?? ""]);

    /// <summary>
    /// Adds a handler, which is told all known objects as added and from then on every change. It runs on the informer's own
    /// thread of events and delays all others: put a key in a queue and return. It must not throw.
    /// </summary>
    public void Subscribe(Action<InformerEvent<T>> handler)
    {
        lock (_dispatch)
        {
            foreach (var value in _cache.All())
                handler(new InformerEvent<T>(null, value));
            _handlers.Add(handler);
        }
    }

    /// <summary>Completes when the first list has been taken over.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellationToken) => _synced.Task.WaitAsync(cancellationToken);

    /// <summary>Fills and keeps the copy until cancelled. Faults of the server are waited out, with growing pauses.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string? version = null;
        var failures = 0;
        var expiries = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var moved = false;
            try
            {
                version ??= await RelistAsync(cancellationToken);
                await foreach (var change in _resource.WatchAsync(_scope, version, cancellationToken))
                {
                    version = Take(change);
                    moved |= version is not null;
                }
                expiries = moved ? 0 : expiries;
                // The ordinary end of a watch leaves no hole in time; one without any event must not become a busy loop. That its version
                // is too old is what a server says first that was away for long: it is not to be waited for as if it were away still.
                failures = version is null ? ++expiries : moved ? 0 : failures + 1;
                if (failures > 0)
                    await Task.Delay(RetryWait.Delay(failures), _time, cancellationToken);
            }
            catch (KubeException e)
            {
                expiries = moved ? 0 : expiries;
                if (e.IsGone || e.IsAhead)
                    (version, failures) = (null, ++expiries);
                else
                    failures = moved ? 1 : failures + 1;
                var wait = RetryWait.Delay(failures);
                if (e.RetryAfter is { } asked && asked > wait)
                    wait = asked < LongestRetryAfter ? asked : LongestRetryAfter;
                _logger.Log(failures > 3 ? LogLevel.Warning : LogLevel.Debug, "{Type}: {Message}; again in {Wait}", _resource.Type.Plural, e.Message, wait);
                await Task.Delay(wait, _time, cancellationToken);
            }
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<string> RelistAsync(CancellationToken cancellationToken)
    {
        var list = await _resource.ListAsync(_scope, cancellationToken);
        // What cannot be read is not gone: its last readable state stays.
        var gone = _cache.Keys().Except(list.Unreadable).ToHashSet();
        foreach (var value in list.Items)
        {
            var key = _resource.Type.KeyOf(value);
            gone.Remove(key);
            Put(key, value);
        }
        foreach (var key in gone)
            Put(key, value: null);
        _synced.TrySetResult();
        return list.Metadata.ResourceVersion ?? "";
    }

    private string? Take(WatchEvent<T> change)
    {
        switch (change.Type)
        {
            case WatchEventType.Expired:
                return null;
            case WatchEventType.Bookmark:
                break;
            case WatchEventType.Deleted:
                Put(_resource.Type.KeyOf(change.Value!), value: null, last: change.Value);
                break;
            default:
                Put(_resource.Type.KeyOf(change.Value!), change.Value);
                break;
        }
        return change.ResourceVersion;
    }

    private void Put(ObjectKey key, T? value, T? last = null)
    {
        lock (_dispatch)
        {
            var old = _cache.Put(key, value);
            if (value is null && old is null)
                return;
            // A repeated list brings what is known already.
            if (value is not null && old is not null && value.Metadata.ResourceVersion == old.Metadata.ResourceVersion)
                return;
            var change = new InformerEvent<T>(value is null ? last ?? old : old, value);
            foreach (var handler in _handlers)
                handler(change);
        }
    }
}
