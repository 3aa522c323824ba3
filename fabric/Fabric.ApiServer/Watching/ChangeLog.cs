using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Watching;

/// <summary>
/// The latest committed changes, a bounded number for each resource. Watches start from here and lists at an earlier
/// version are worked out with it. Kept in memory: after a restart only the version of the shutdown can be resumed from,
/// every earlier one has expired.
/// </summary>
internal sealed class ChangeLog
{
    /// <summary>Bytes of bodies kept a resource, whatever the number of changes.</summary>
    private const long BytesPerResource = 32 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceHistory> _histories = new(StringComparer.Ordinal);
    private TaskCompletionSource _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _startVersion;
    private readonly int _changesPerResource;
    private long _latest;

    /// <param name="startVersion">Nothing is known of versions before.</param>
    public ChangeLog(long startVersion, int changesPerResource)
    {
        _startVersion = startVersion;
        _latest = startVersion;
        _changesPerResource = changesPerResource;
    }

    /// <summary>Version of the latest commit.</summary>
    public long Latest => Volatile.Read(ref _latest);

    public void Publish(IReadOnlyList<Change> changes, long version)
    {
        TaskCompletionSource advanced;
        lock (_lock)
        {
            foreach (var change in changes)
            {
                var history = HistoryOf(change.Key.Resource);
                history.Append(change);
                foreach (var index in history.Indexes.Values)
                    index.Apply(change);
                history.Subscriptions.Offer(change);
            }

            Volatile.Write(ref _latest, version);
            advanced = _advanced;
            _advanced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        advanced.SetResult();
    }

    /// <summary>Changes after a version, first those kept, then as they come.</summary>
    /// <returns>Null when changes after that version are no longer kept.</returns>
    public WatchSubscription? Subscribe(ChangeFilter filter, long after, int capacity)
    {
        lock (_lock)
        {
            var history = HistoryOf(filter.Definition.QualifiedName);
            if (after < history.Forgotten) return null;
            var backlog = new List<WatchEvent>();
            foreach (var change in history.Since(after))
            {
                if (filter.Translate(change) is { } seen) backlog.Add(seen);
            }

            var subscription = new WatchSubscription(filter, after, backlog, capacity, Unsubscribe);
            history.Subscriptions.Add(subscription);
            return subscription;
        }
    }

    /// <summary>A version up to which a subscription has been given everything, or null when it still has events to read.</summary>
    public long? CaughtUp(WatchSubscription subscription)
    {
        lock (_lock)
            return subscription.Pending == 0 ? _latest : null;
    }

    /// <summary>Objects of a resource that changed after a version, as they were then; null where there was none.</summary>
    /// <returns>Null when that version has expired.</returns>
    public Dictionary<ObjectKey, StoredObject?>? StatesAt(string resource, long version, long upTo)
    {
        lock (_lock)
        {
            var history = HistoryOf(resource);
            if (version < history.Forgotten) return null;
            var states = new Dictionary<ObjectKey, StoredObject?>();
            foreach (var change in history.Since(version))
            {
                if (change.Version > upTo) break;
                states.TryAdd(change.Key, change.Previous);
            }

            return states;
        }
    }

    public bool HasIndex(ResourceDefinition definition, string field)
    {
        lock (_lock)
            return HistoryOf(definition.QualifiedName).Indexes.ContainsKey(field);
    }

    /// <summary>Takes over an index that was made of what there was at a version, unless changes since then are no longer kept.</summary>
    public void AddIndex(FieldIndex index, long version)
    {
        lock (_lock)
        {
            var history = HistoryOf(index.Definition.QualifiedName);
            if (version < history.Forgotten) return;
            foreach (var change in history.Since(version))
                index.Apply(change);
            history.Indexes.TryAdd(index.Field, index);
        }
    }

    /// <summary>Keys of the objects whose field has a value now, and of those that may have had it at a version.</summary>
    /// <returns>A set of the caller's own; null when there is no index, or changes after the version are no longer kept.</returns>
    public HashSet<ObjectKey>? KeysWith(ResourceDefinition definition, string field, string value, long version)
    {
        lock (_lock)
        {
            var history = HistoryOf(definition.QualifiedName);
            if (version < history.Forgotten || !history.Indexes.TryGetValue(field, out var index)) return null;
            var keys = new HashSet<ObjectKey>(index.Find(value));
            foreach (var change in history.Since(version))
                keys.Add(change.Key);
            return keys;
        }
    }

    /// <summary>Returns when a version is committed and published.</summary>
    public async Task WaitForAsync(long version, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task advanced;
            lock (_lock)
            {
                if (_latest >= version) return;
                advanced = _advanced.Task;
            }

            await advanced.WaitAsync(cancellationToken);
        }
    }

    private ResourceHistory HistoryOf(string resource)
    {
        if (!_histories.TryGetValue(resource, out var history))
            _histories.Add(resource, history = new ResourceHistory(_startVersion, _changesPerResource, BytesPerResource));
        return history;
    }

    private void Unsubscribe(WatchSubscription subscription)
    {
        lock (_lock)
            HistoryOf(subscription.Filter.Definition.QualifiedName).Subscriptions.Remove(subscription);
    }
}
