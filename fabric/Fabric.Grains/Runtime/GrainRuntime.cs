using System.Collections.Concurrent;
using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Runtime;

/// <summary>
/// Hosts grains in this process: activates them on first use, runs one turn at a time for each, deactivates them when idle.
/// </summary>
/// <remarks>
/// The shape is Orleans', and this folder is the seam: with Orleans as the host the grains stay as they are and the folder goes. There is
/// at most one activation of a key in a runtime; there may be several runtimes, so no grain relies on being the only one: that is what
/// claims are for.
/// </remarks>
public sealed class GrainRuntime : IGrainFactory, IAsyncDisposable
{
    private readonly record struct GrainId(Type Interface, ObjectKey Key);

    private sealed record GrainKind(Func<GrainContext, Grain> Activate, Func<GrainRuntime, ObjectKey, object> Refer);

    private readonly Dictionary<Type, GrainKind> _kinds = [];
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _idleSweep;

    /// <summary>Makes a runtime without grains.</summary>
    public GrainRuntime(IObjectStore store, GrainRuntimeOptions? options = null)
    {
        Store = store;
        Options = options ?? new GrainRuntimeOptions();
        var interval = Options.IdleTimeout / 4;
        _idleSweep = Time.CreateTimer(_ => CloseIdle(), state: null, interval, interval);
    }

    /// <summary>The options it was made with.</summary>
    public GrainRuntimeOptions Options { get; }

    /// <summary>Grains active now.</summary>
    public int ActiveCount => _activations.Count;

    internal IObjectStore Store { get; }

    internal TimeProvider Time => Options.Time;

    /// <summary>Tells how grains of one kind are made and referred to. To be called before the first <see cref="GetGrain"/>.</summary>
    public void Register<TInterface>(Func<GrainContext, Grain> activate, Func<GrainRuntime, ObjectKey, TInterface> refer)
        where TInterface : class, IGrain =>
        _kinds.Add(typeof(TInterface), new GrainKind(activate, refer));

    /// <inheritdoc/>
    public TGrain GetGrain<TGrain>(ObjectKey key)
        where TGrain : class, IGrain =>
        (TGrain)_kinds[typeof(TGrain)].Refer(this, key);

    internal async Task<TResult> TurnAsync<TInterface, TResult>(
        ObjectKey key, Func<TInterface, CancellationToken, Task<TResult>> body, CancellationToken cancellationToken)
        where TInterface : class, IGrain
    {
        var turn = new Turn<TResult>((grain, token) => body((TInterface)(object)grain, token), cancellationToken);
        while (true)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            var activation = Activate(new GrainId(typeof(TInterface), key));
            if (await activation.TryEnqueueAsync(turn, cancellationToken))
                return await turn.Completion.WaitAsync(cancellationToken);
            // It is going: two activations of a key never overlap.
            await activation.Completion.WaitAsync(cancellationToken);
        }
    }

    private Activation Activate(GrainId id)
    {
        while (true)
        {
            if (_activations.TryGetValue(id, out var known))
                return known;
            var made = new Activation(this, id.Key, _kinds[id.Interface].Activate, ended => _activations.TryRemove(KeyValuePair.Create(id, ended)));
            if (_activations.TryAdd(id, made))
            {
                made.Start(_stopping.Token);
                return made;
            }
        }
    }

    /// <summary>Has a grain forget what it remembers, as <see cref="DeactivateAll"/> does.</summary>
    public void Deactivate<TGrain>(ObjectKey key)
        where TGrain : class, IGrain
    {
        if (_activations.TryGetValue(new GrainId(typeof(TGrain), key), out var activation))
            activation.Close();
    }

    /// <summary>
    /// Has every grain forget what it remembers: those that are active end after the turns that wait for them, and are activated anew when
    /// they are called again. For when others may have changed what the grains are about.
    /// </summary>
    public void DeactivateAll()
    {
        foreach (var activation in _activations.Values)
            activation.Close();
    }

    private void CloseIdle()
    {
        foreach (var activation in _activations.Values)
            activation.CloseIfIdle(Options.IdleTimeout);
    }

    /// <summary>Lets no further turn begin, waits for those that run, and deactivates all grains.</summary>
    public async ValueTask DisposeAsync()
    {
        await _idleSweep.DisposeAsync();
        await _stopping.CancelAsync();
        await Task.WhenAll(_activations.Values.Select(activation => activation.Completion));
        _stopping.Dispose();
    }
}
