namespace Fabric.Server.Sharing;

/// <summary>Lets work on what is this replica's begin, but not while the replica is unsure that it still counts as alive.</summary>
internal sealed class ShareGate : IDisposable
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _closing = new();
    private volatile Share _share = Share.Nothing;

    /// <summary>What is this replica's; nothing before the gate was opened first.</summary>
    internal Share Share => _share;

    /// <summary>Whether nothing is this replica's. Whoever gets a share looks at all of it: nothing needs to be asked for before.</summary>
    internal bool HasNoShare => ReferenceEquals(_share, Share.Nothing);

    /// <summary>Lets work begin, on this share from now on.</summary>
    internal void Open(Share share)
    {
        lock (_lock)
        {
            _share = share;
            _opened.TrySetResult();
        }
    }

    /// <summary>Lets no work begin, and asks what has begun to stop.</summary>
    internal void Close()
    {
        CancellationTokenSource closing;
        lock (_lock)
        {
            if (!_opened.Task.IsCompleted)
            {
                return;
            }

            _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
            closing = _closing;
            _closing = new();
        }

        closing.Cancel();
    }

    /// <summary>Waits until the gate is open.</summary>
    /// <returns>Cancelled when it closes.</returns>
    internal async Task<CancellationToken> EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task opened;
            lock (_lock)
            {
                opened = _opened.Task;
                if (opened.IsCompleted)
                {
                    return _closing.Token;
                }
            }

            await opened.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _closing.Dispose();
}
