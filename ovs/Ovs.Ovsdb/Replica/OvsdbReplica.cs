using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Ovs.Ovsdb;

/// <summary>The local copy of the replicated tables, and who wants to hear of its changes.</summary>
/// <remarks>
/// Snapshots are immutable, so reading takes no lock. Updates are applied by one connection at a time, in order. While
/// the server cannot be reached the copy stays as it was; the next connection brings it up to date in a single change.
/// </remarks>
public sealed class OvsdbReplica
{
    private readonly Lock _lock = new();
    private readonly ILogger _logger;
    private readonly List<Action<ReplicaChange>> _subscribers = [];
    private readonly List<Waiter> _waiters = [];
    private OvsdbSnapshot _snapshot;

    internal OvsdbReplica(IEnumerable<Table> tables, ILogger logger)
    {
        _snapshot = OvsdbSnapshot.Empty(tables);
        _logger = logger;
    }

    /// <summary>The tables now; without rows until the first load.</summary>
    public OvsdbSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Has a handler told of every change after the snapshot that is returned.</summary>
    /// <param name="handler">Runs on the receiving loop, so it must neither wait nor block; what it throws is logged.</param>
    /// <param name="snapshot">The tables to which the first change told applies.</param>
    /// <returns>Ends the subscription when disposed.</returns>
    public IDisposable Subscribe(Action<ReplicaChange> handler, out OvsdbSnapshot snapshot)
    {
        lock (_lock)
        {
            _subscribers.Add(handler);
            snapshot = _snapshot;
        }

        return new Subscription(this, handler);
    }

    /// <summary>Waits until the replica gives a result.</summary>
    /// <typeparam name="T">The result's type.</typeparam>
    /// <param name="select">Looks at the tables; null means not yet. It is asked again after each change and must not block.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<T> WaitUntilAsync<T>(Func<OvsdbSnapshot, T?> select, CancellationToken cancellationToken)
        where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter<T>(select);
        lock (_lock)
        {
            if (waiter.TryComplete(_snapshot))
            {
                return waiter.Task;
            }

            _waiters.Add(waiter);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Waits until a condition holds of the replica.</summary>
    /// <param name="condition">It is asked again after each change and must not block.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task WaitUntilAsync(Func<OvsdbSnapshot, bool> condition, CancellationToken cancellationToken) =>
        WaitUntilAsync(snapshot => condition(snapshot) ? snapshot : null, cancellationToken);

    /// <summary>Reads a <c>&lt;table-updates2&gt;</c> and tells those concerned.</summary>
    internal void Apply(ref Utf8JsonReader reader, bool isComplete, bool isResync)
    {
        var rows = new List<RowChange>();
        var before = Snapshot;
        var after = before.Apply(ref reader, isComplete, rows);
        if (rows.Count > 0)
        {
            Publish(new(before, after, [.. rows], isResync));
        }
    }

    private void Publish(ReplicaChange change)
    {
        Action<ReplicaChange>[] subscribers;
        lock (_lock)
        {
            Volatile.Write(ref _snapshot, change.After);
            subscribers = [.. _subscribers];
        }

        foreach (var subscriber in subscribers)
        {
            try
            {
                subscriber(change);
            }
            catch (Exception e)
            {
                _logger.LogError(e, "A subscriber failed on a change of {Count} rows", change.Rows.Length);
            }
        }

        // After the subscribers: whoever waited for a change finds them told of it.
        lock (_lock)
        {
            _waiters.RemoveAll(waiter => waiter.TryComplete(change.After));
        }
    }

    private async Task<T> WaitAsync<T>(Waiter<T> waiter, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await waiter.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    private void Unsubscribe(Action<ReplicaChange> handler)
    {
        lock (_lock)
        {
            _subscribers.Remove(handler);
        }
    }

    private sealed class Subscription(OvsdbReplica replica, Action<ReplicaChange> handler) : IDisposable
    {
        public void Dispose() => replica.Unsubscribe(handler);
    }

    private abstract class Waiter
    {
        /// <returns>Whether the waiter need not be asked again.</returns>
        internal abstract bool TryComplete(OvsdbSnapshot snapshot);
    }

    private sealed class Waiter<T>(Func<OvsdbSnapshot, T?> select) : Waiter
        where T : class
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Task => _done.Task;

        internal override bool TryComplete(OvsdbSnapshot snapshot)
        {
            try
            {
                return select(snapshot) is { } result && _done.TrySetResult(result);
            }
            catch (Exception e)
            {
                return _done.TrySetException(e);
            }
        }
    }
}
