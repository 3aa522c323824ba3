using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Runtime;

/// <summary>What the runtime gives to one activation of a grain.</summary>
public sealed class GrainContext
{
    private readonly GrainRuntime _runtime;
    private readonly List<IReadableState> _states = [];
    private readonly List<ITimer> _timers = [];
    private readonly Func<Func<CancellationToken, Task>, bool> _enqueue;
    private readonly Action _close;

    internal GrainContext(GrainRuntime runtime, ObjectKey key, Func<Func<CancellationToken, Task>, bool> enqueue, Action close)
    {
        _runtime = runtime;
        Key = key;
        _enqueue = enqueue;
        _close = close;
    }

    /// <summary>The grain's key.</summary>
    public ObjectKey Key { get; }

    /// <summary>Finds other grains.</summary>
    public IGrainFactory Grains => _runtime;

    /// <summary>Where objects are kept.</summary>
    public IObjectStore Store => _runtime.Store;

    /// <summary>The clock.</summary>
    public TimeProvider Time => _runtime.Time;

    /// <summary>The object of this key, read before the first turn.</summary>
    public IPersistentState<T> State<T>(ResourceType<T> type)
        where T : class, IKubeObject
    {
        var state = new PersistentState<T>(Store, type, Key);
        _states.Add(state);
        return state;
    }

    /// <summary>
    /// Ends this activation with the turns that wait by now: for a grain that remembers nothing which the next one would not find. There may
    /// be very many grains, and an activation takes kilobytes.
    /// </summary>
    public void DeactivateOnIdle() => _close();

    /// <summary>
    /// Runs a turn once after a time, if the grain is still active then. There are no durable reminders: what must survive a restart is in
    /// the objects, and every object is reconciled after a restart.
    /// </summary>
    public void RunLater(TimeSpan delay, Func<CancellationToken, Task> turn)
    {
        ITimer? timer = null;
        lock (_timers)
        {
            timer = _runtime.Time.CreateTimer(
                _ =>
                {
                    lock (_timers)
                    {
                        if (!_timers.Remove(timer!))
                            return;
                    }
                    timer!.Dispose();
                    _enqueue(turn);
                },
                state: null,
                delay,
                Timeout.InfiniteTimeSpan);
            _timers.Add(timer);
        }
    }

    internal async Task RefreshStatesAsync(CancellationToken cancellationToken)
    {
        foreach (var state in _states)
            await state.RefreshAsync(cancellationToken);
    }

    internal async Task ReadStatesAsync(CancellationToken cancellationToken)
    {
        foreach (var state in _states)
            await state.ReadAsync(cancellationToken);
    }

    internal void StopTimers()
    {
        lock (_timers)
        {
            foreach (var timer in _timers)
                timer.Dispose();
            _timers.Clear();
        }
    }
}
