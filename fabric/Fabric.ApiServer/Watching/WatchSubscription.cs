using System.Threading.Channels;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Watching;

/// <summary>One watch's queue. Bounded: a watch that falls too far behind is ended, and its client lists again.</summary>
internal sealed class WatchSubscription : IDisposable
{
    private readonly Channel<WatchEvent> _live;
    private readonly Queue<WatchEvent> _backlog;
    private readonly Action<WatchSubscription> _unsubscribe;

    public WatchSubscription(ChangeFilter filter, long after, IEnumerable<WatchEvent> backlog, int capacity, Action<WatchSubscription> unsubscribe)
    {
        Filter = filter;
        After = after;
        _backlog = new Queue<WatchEvent>(backlog);
        _unsubscribe = unsubscribe;
        _live = Channel.CreateBounded<WatchEvent>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });
    }

    public ChangeFilter Filter { get; }

    /// <summary>The version this watch began after.</summary>
    public long After { get; }

    /// <summary>Events not read yet.</summary>
    public int Pending => _backlog.Count + _live.Reader.Count;

    /// <summary>Reads an event that is there.</summary>
    public bool TryRead(out WatchEvent seen) => _backlog.TryDequeue(out seen) || _live.Reader.TryRead(out seen);

    /// <returns>False when the watch has ended because it fell behind.</returns>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
        => _backlog.Count > 0 || await _live.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Called by the log, under its lock.</summary>
    public void Offer(Change change)
    {
        if (change.Version <= After || Filter.Translate(change) is not { } seen) return;
        if (!_live.Writer.TryWrite(seen)) _live.Writer.TryComplete();
    }

    public void Dispose() => _unsubscribe(this);
}
