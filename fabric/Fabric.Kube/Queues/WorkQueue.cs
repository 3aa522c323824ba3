using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Fabric.Kube.Queues;

/// <summary>
/// Keys that need work. A key asked for many times while it waits is worked on once; a key asked for while it is worked on is worked
/// on once more afterwards, never twice at the same time. A key whose work throws is tried again, later each time. Keys that are only
/// to be looked at some time wait behind all others.
/// </summary>
/// <remarks>The one place of this product where work is retried: the work itself only throws.</remarks>
public sealed class WorkQueue<TKey>
    where TKey : notnull
{
    private enum Place
    {
        WaitingBehind,
        Waiting,
        Working,
        WorkingAndWanted,
    }

    private readonly WorkQueueOptions _options;
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Place> _places = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, (DateTimeOffset Due, ITimer Timer)> _delayed = [];
    private TaskCompletionSource? _idle;

    // Bounded by the keys there are. An entry in the second whose key has moved up since is passed over.
    private readonly Queue<TKey> _ready = [];
    private readonly Queue<TKey> _behind = [];

    // One for each entry of the two.
    private readonly Channel<bool> _entries = Channel.CreateUnbounded<bool>();

    /// <summary>Makes an empty queue.</summary>
    public WorkQueue(WorkQueueOptions? options = null) => _options = options ?? new WorkQueueOptions();

    /// <summary>Keys that wait or are worked on, without those that wait for a later time.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _places.Count;
        }
    }

    /// <summary>Keys that wait for a later time.</summary>
    public int DelayedCount
    {
        get
        {
            lock (_gate)
                return _delayed.Count;
        }
    }

    /// <summary>Asks for work on a key.</summary>
    public void Add(TKey key)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue(key, out var place) || place == Place.WaitingBehind)
                Enqueue(key, Place.Waiting, _ready);
            else if (place == Place.Working)
                _places[key] = Place.WorkingAndWanted;
        }
    }

    /// <summary>Asks for work on a key when there is nothing else to do.</summary>
    public void AddBehind(TKey key)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue(key, out var place))
                Enqueue(key, Place.WaitingBehind, _behind);
            else if (place == Place.Working)
                _places[key] = Place.WorkingAndWanted;
        }
    }

    /// <summary>Asks for work on a key after a time. Of several times asked for, the earliest counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }
        var due = _options.Time.GetUtcNow() + delay;
        lock (_gate)
        {
            if (_delayed.TryGetValue(key, out var known))
            {
                if (known.Due <= due)
                    return;
                known.Timer.Dispose();
            }
            _delayed[key] = (due, _options.Time.CreateTimer(_ => Due(key, due), state: null, delay, Timeout.InfiniteTimeSpan));
        }
    }

    private void Due(TKey key, DateTimeOffset due)
    {
        lock (_gate)
        {
            // A timer that was replaced may still fire.
            if (!_delayed.TryGetValue(key, out var known) || known.Due != due)
                return;
            _delayed.Remove(key);
            known.Timer.Dispose();
        }
        Add(key);
    }

    /// <summary>Works until cancelled, then waits for the work that has begun.</summary>
    /// <param name="work">Does what the key needs. Returns when to come again although nothing asked for it, or null.</param>
    /// <param name="failed">Told each failure and the wait that follows: the place to log.</param>
    /// <param name="cancellationToken">Ends the queue; the work gets it too.</param>
    public async Task RunAsync(Func<TKey, CancellationToken, Task<TimeSpan?>> work, Action<TKey, Exception, TimeSpan> failed, CancellationToken cancellationToken)
    {
        var workers = Enumerable.Range(0, _options.Workers).Select(_ => WorkAsync(work, failed, cancellationToken)).ToArray();
        try
        {
            await Task.WhenAll(workers);
        }
        finally
        {
            lock (_gate)
            {
                foreach (var (_, timer) in _delayed.Values)
                    timer.Dispose();
                _delayed.Clear();
            }
        }
    }

    /// <summary>Completes when no key waits or is worked on; keys that wait for a later time are not counted.</summary>
    public Task WaitForIdleAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_places.Count == 0)
                return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task.WaitAsync(cancellationToken);
        }
    }

    private async Task WorkAsync(Func<TKey, CancellationToken, Task<TimeSpan?>> work, Action<TKey, Exception, TimeSpan> failed, CancellationToken cancellationToken)
    {
        // Workers begin on the pool, not one after the other on the caller's thread.
        await Task.Yield();
        while (true)
        {
            await _entries.Reader.ReadAsync(cancellationToken);
            if (!TryTake(out var key))
                continue;
            TimeSpan? again = null;
            try
            {
                again = await work(key, cancellationToken);
                lock (_gate)
                    _failures.Remove(key);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e)
            {
                again = _options.Retry.Delay(CountFailure(key));
                failed(key, e, again.Value);
            }
            finally
            {
                Done(key);
            }
            if (again is { } delay)
                AddAfter(key, delay);
        }
    }

    private void Enqueue(TKey key, Place place, Queue<TKey> queue)
    {
        _places[key] = place;
        queue.Enqueue(key);
        _entries.Writer.TryWrite(true);
    }

    private bool TryTake([MaybeNullWhen(false)] out TKey key)
    {
        lock (_gate)
        {
            if (!_ready.TryDequeue(out key) && (!_behind.TryDequeue(out key) || _places.GetValueOrDefault(key, Place.Working) != Place.WaitingBehind))
                return false;
            _places[key] = Place.Working;
            return true;
        }
    }

    private int CountFailure(TKey key)
    {
        lock (_gate)
            return _failures[key] = _failures.GetValueOrDefault(key) + 1;
    }

    private void Done(TKey key)
    {
        lock (_gate)
        {
            if (_places[key] == Place.WorkingAndWanted)
            {
                Enqueue(key, Place.Waiting, _ready);
                return;
            }
            _places.Remove(key);
            if (_places.Count == 0)
            {
                _idle?.TrySetResult();
                _idle = null;
            }
        }
    }
}
