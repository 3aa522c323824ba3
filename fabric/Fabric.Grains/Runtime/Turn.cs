namespace Fabric.Grains.Runtime;

/// <summary>One call of a grain, waiting in its mailbox.</summary>
internal abstract class Turn(CancellationToken cancellationToken)
{
    /// <summary>The caller no longer waits.</summary>
    public bool IsAbandoned => CallerToken.IsCancellationRequested;

    protected CancellationToken CallerToken { get; } = cancellationToken;

    /// <summary>Runs the call. A <see cref="StaleStateException"/> leaves it incomplete: it is to run again.</summary>
    public abstract Task RunAsync(Grain grain, CancellationToken stopping);

    public abstract void Fail(Exception e);
}

/// <inheritdoc/>
internal sealed class Turn<TResult>(Func<Grain, CancellationToken, Task<TResult>> body, CancellationToken cancellationToken) : Turn(cancellationToken)
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Completion => _completion.Task;

    public override async Task RunAsync(Grain grain, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(CallerToken, stopping);
        _completion.TrySetResult(await body(grain, either.Token));
    }

    public override void Fail(Exception e)
    {
        if (e is OperationCanceledException cancelled)
            _completion.TrySetCanceled(cancelled.CancellationToken);
        else
            _completion.TrySetException(e);
    }
}
