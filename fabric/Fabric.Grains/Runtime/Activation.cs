using System.Threading.Channels;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Fabric.Grains.Runtime;

/// <summary>One grain in memory, its mailbox, and the loop that runs its turns one after the other.</summary>
internal sealed class Activation
{
    private readonly GrainRuntime _runtime;
    private readonly Func<GrainContext, Grain> _make;
    private readonly Action<Activation> _ended;
    private readonly Channel<Turn> _mailbox;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastTurn;
    private int _running;

    public Activation(GrainRuntime runtime, ObjectKey key, Func<GrainContext, Grain> make, Action<Activation> ended)
    {
        _runtime = runtime;
        _make = make;
        _ended = ended;
        Key = key;
        _lastTurn = runtime.Time.GetTimestamp();
        _mailbox = Channel.CreateBounded<Turn>(new BoundedChannelOptions(runtime.Options.MailboxLength) { SingleReader = true });
    }

    public ObjectKey Key { get; }

    /// <summary>Completes when the last turn has run and the grain is deactivated. Never fails.</summary>
    public Task Completion => _completion.Task;

    public void Start(CancellationToken stopping) => _ = RunAsync(stopping);

    /// <summary>Waits for room in the mailbox. False when this activation takes no more turns.</summary>
    public async ValueTask<bool> TryEnqueueAsync(Turn turn, CancellationToken cancellationToken)
    {
        try
        {
            await _mailbox.Writer.WriteAsync(turn, cancellationToken);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    /// <summary>Takes no more turns. Those that wait still run: the loop ends only when the mailbox is closed and empty.</summary>
    public void Close() => _mailbox.Writer.TryComplete();

    public void CloseIfIdle(TimeSpan idle)
    {
        if (Volatile.Read(ref _running) == 0 && _mailbox.Reader.Count == 0 && _runtime.Time.GetElapsedTime(Volatile.Read(ref _lastTurn)) >= idle)
            Close();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        // The caller goes on while the grain is activated.
        await Task.Yield();
        var context = new GrainContext(_runtime, Key, EnqueueTimerTurn, Close);
        try
        {
            var grain = _make(context);
            await context.RefreshStatesAsync(stopping);
            await grain.OnActivateAsync(stopping);
            await foreach (var turn in _mailbox.Reader.ReadAllAsync(stopping))
            {
                Volatile.Write(ref _running, 1);
                await RunTurnAsync(grain, context, turn, stopping);
                Volatile.Write(ref _lastTurn, _runtime.Time.GetTimestamp());
                Volatile.Write(ref _running, 0);
            }
            await grain.OnDeactivateAsync(stopping);
        }
        catch (Exception e)
        {
            // Activation failed, or the runtime stops: those who wait are told, and the next call begins anew.
            _mailbox.Writer.TryComplete();
            while (_mailbox.Reader.TryRead(out var turn))
                turn.Fail(e);
        }
        finally
        {
            context.StopTimers();
            _ended(this);
            _completion.TrySetResult();
        }
    }

    private async Task RunTurnAsync(Grain grain, GrainContext context, Turn turn, CancellationToken stopping)
    {
        if (turn.IsAbandoned)
            return;
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await turn.RunAsync(grain, stopping);
                    return;
                }
                catch (StaleStateException) when (attempt < _runtime.Options.TurnAttempts)
                {
                    await context.ReadStatesAsync(stopping);
                }
            }
        }
        catch (Exception e)
        {
            // A fault of one turn is its caller's; the grain goes on.
            turn.Fail(e);
        }
    }

    private bool EnqueueTimerTurn(Func<CancellationToken, Task> body)
    {
        var turn = new Turn<bool>(
            async (_, token) =>
            {
                await body(token);
                return true;
            },
            CancellationToken.None);
        if (!_mailbox.Writer.TryWrite(turn))
            return false;
        _ = ReportAsync(turn.Completion);
        return true;
    }

    private async Task ReportAsync(Task turn)
    {
        try
        {
            await turn;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _runtime.Options.Logger.LogWarning(e, "a timer's turn of grain {Key} failed", Key);
        }
        catch (OperationCanceledException)
        {
            // The runtime stops.
        }
    }
}
