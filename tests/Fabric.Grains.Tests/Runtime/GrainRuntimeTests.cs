using Fabric.Grains.Runtime;
using Fabric.Grains.Tests.Testing;
using Fabric.Resources;
using Node.Testing;

namespace Fabric.Grains.Tests.Runtime;

public sealed class GrainRuntimeTests
{
    private static readonly ObjectKey Key = new("one");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private interface IProbe : IGrain
    {
        Task<T> DoAsync<T>(Func<Probe, CancellationToken, Task<T>> body, CancellationToken cancellationToken);
    }

    private sealed class Probe : Grain, IProbe
    {
        public static int Activated;
        public static int Deactivated;

        public Probe(GrainContext context)
            : base(context) => State = context.State(ResourceTypes.Vpcs);

        public static Exception? ActivationFault { get; set; }

        public IPersistentState<Vpc> State { get; }

        public GrainContext Here => Context;

        public int Turns { get; set; }

        public Task<T> DoAsync<T>(Func<Probe, CancellationToken, Task<T>> body, CancellationToken cancellationToken) => body(this, cancellationToken);

        protected override Task OnActivateAsync(CancellationToken cancellationToken)
        {
            Activated++;
            return ActivationFault is { } fault ? Task.FromException(fault) : Task.CompletedTask;
        }

        protected override Task OnDeactivateAsync(CancellationToken cancellationToken)
        {
            Deactivated++;
            return Task.CompletedTask;
        }
    }

    private sealed class ProbeReference(GrainRuntime runtime, ObjectKey key) : GrainReference<IProbe>(runtime, key), IProbe
    {
        public Task<T> DoAsync<T>(Func<Probe, CancellationToken, Task<T>> body, CancellationToken cancellationToken) =>
            TurnAsync((grain, token) => grain.DoAsync(body, token), cancellationToken);
    }

    private static GrainRuntime Start(MemoryStore store, GrainRuntimeOptions? options = null)
    {
        (Probe.Activated, Probe.Deactivated, Probe.ActivationFault) = (0, 0, null);
        var runtime = new GrainRuntime(store, options);
        runtime.Register<IProbe>(context => new Probe(context), (host, key) => new ProbeReference(host, key));
        return runtime;
    }

    [Fact]
    public async Task Turns_of_a_key_run_one_at_a_time_and_in_the_order_of_calls_and_other_keys_go_on()
    {
        await using var runtime = Start(new MemoryStore());
        var grain = runtime.GetGrain<IProbe>(Key);
        var gate = new TaskCompletionSource();
        var order = new List<int>();
        var first = grain.DoAsync(async (_, token) => { await gate.Task.WaitAsync(token); order.Add(0); return 0; }, Token);
        var others = Enumerable.Range(1, 20).Select(i => grain.DoAsync((_, _) => { order.Add(i); return Task.FromResult(i); }, Token)).ToArray();
        Assert.Equal(7, await runtime.GetGrain<IProbe>(new ObjectKey("two")).DoAsync((_, _) => Task.FromResult(7), Token));
        Assert.Empty(order);
        gate.SetResult();
        await Task.WhenAll([first, .. others]);
        Assert.Equal(Enumerable.Range(0, 21), order);
        Assert.Equal(2, Probe.Activated);
    }

    [Fact]
    public async Task A_turn_that_throws_is_its_callers_and_the_grain_goes_on()
    {
        await using var runtime = Start(new MemoryStore());
        var grain = runtime.GetGrain<IProbe>(Key);
        await Assert.ThrowsAsync<FormatException>(() => grain.DoAsync<int>((_, _) => throw new FormatException(), Token));
        await Assert.ThrowsAsync<FormatException>(() => grain.DoAsync<int>(async (_, _) => { await Task.Yield(); throw new FormatException(); }, Token));
        Assert.Equal(1, await grain.DoAsync((_, _) => Task.FromResult(1), Token));
        Assert.Equal(1, Probe.Activated);
    }

    [Fact]
    public async Task A_stale_write_reads_the_state_again_and_runs_the_turn_anew()
    {
        var store = new MemoryStore();
        store.Put(ResourceTypes.Vpcs, new Vpc { Metadata = new ObjectMeta { Name = "one" } });
        await using var runtime = Start(store);
        var grain = runtime.GetGrain<IProbe>(Key);
        await grain.DoAsync((_, _) => Task.FromResult(0), Token);
        var current = store.Get(ResourceTypes.Vpcs, Key);
        await store.UpdateStatusAsync(ResourceTypes.Vpcs, current with { Status = new VpcStatus { Router = "by another" } }, Token);

        var turns = await grain.DoAsync(
            async (probe, token) =>
            {
                probe.Turns++;
                var vpc = probe.State.Value!;
                await probe.State.WriteStatusAsync(vpc with { Status = (vpc.Status ?? new VpcStatus()) with { ObservedGeneration = 9 } }, token);
                return probe.Turns;
            },
            Token);
        Assert.Equal(2, turns);
        Assert.Equal(("by another", 9L), (store.Get(ResourceTypes.Vpcs, Key).Status!.Router, store.Get(ResourceTypes.Vpcs, Key).Status!.ObservedGeneration));
    }

    [Fact]
    public async Task A_turn_that_is_stale_every_time_is_given_up()
    {
        await using var runtime = Start(new MemoryStore(), new GrainRuntimeOptions { TurnAttempts = 3 });
        var turns = 0;
        await Assert.ThrowsAsync<StaleStateException>(() => runtime.GetGrain<IProbe>(Key).DoAsync<int>(
            (_, _) => { turns++; throw new StaleStateException("again"); }, Token));
        Assert.Equal(3, turns);
    }

    [Fact]
    public async Task Writing_what_is_there_already_writes_nothing()
    {
        var store = new MemoryStore();
        store.Put(ResourceTypes.Vpcs, new Vpc { Metadata = new ObjectMeta { Name = "one" } });
        await using var runtime = Start(store);
        var writes = store.Writes;
        await runtime.GetGrain<IProbe>(Key).DoAsync(
            async (probe, token) =>
            {
                await probe.State.WriteAsync(probe.State.Value! with { }, token);
                await probe.State.WriteStatusAsync(probe.State.Value! with { }, token);
                return 0;
            },
            Token);
        Assert.Equal(writes, store.Writes);
    }

    [Fact]
    public async Task An_activation_that_fails_fails_its_callers_and_the_next_call_tries_again()
    {
        await using var runtime = Start(new MemoryStore());
        var grain = runtime.GetGrain<IProbe>(Key);
        Probe.ActivationFault = new IOException("no store");
        await Assert.ThrowsAsync<IOException>(() => grain.DoAsync((_, _) => Task.FromResult(1), Token));
        Probe.ActivationFault = null;
        Assert.Equal(1, await grain.DoAsync((_, _) => Task.FromResult(1), Token));
    }

    [Fact]
    public async Task An_idle_grain_is_deactivated_and_comes_back_with_the_next_call()
    {
        var time = new ManualTime();
        await using var runtime = Start(new MemoryStore(), new GrainRuntimeOptions { Time = time, IdleTimeout = TimeSpan.FromMinutes(4) });
        var grain = runtime.GetGrain<IProbe>(Key);
        await grain.DoAsync((_, _) => Task.FromResult(1), Token);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, runtime.ActiveCount);
        // The caller has its answer before the grain's turn is over.
        await Eventually.HoldsAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(3));
            return runtime.ActiveCount == 0;
        });
        Assert.Equal(1, await grain.DoAsync((_, _) => Task.FromResult(1), Token));
        Assert.Equal((2, 1), (Probe.Activated, Probe.Deactivated));
    }

    [Fact]
    public async Task A_grain_in_the_middle_of_a_turn_is_not_idle()
    {
        var time = new ManualTime();
        await using var runtime = Start(new MemoryStore(), new GrainRuntimeOptions { Time = time, IdleTimeout = TimeSpan.FromMinutes(4) });
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var turn = runtime.GetGrain<IProbe>(Key).DoAsync(async (_, token) => { entered.SetResult(); await gate.Task.WaitAsync(token); return 1; }, Token);
        await entered.Task.WaitAsync(Token);
        time.Advance(TimeSpan.FromHours(1));
        gate.SetResult();
        Assert.Equal(1, await turn);
        Assert.Equal(0, Probe.Deactivated);
    }

    [Fact]
    public async Task A_grain_that_has_nothing_to_remember_ends_after_the_turns_that_wait()
    {
        await using var runtime = Start(new MemoryStore());
        var grain = runtime.GetGrain<IProbe>(Key);
        var gate = new TaskCompletionSource();
        var first = grain.DoAsync(async (probe, token) => { await gate.Task.WaitAsync(token); probe.Here.DeactivateOnIdle(); return ++probe.Turns; }, Token);
        var waiting = grain.DoAsync((probe, _) => Task.FromResult(++probe.Turns), Token);
        gate.SetResult();
        Assert.Equal((1, 2), (await first, await waiting));
        Assert.Equal(1, await grain.DoAsync((probe, _) => Task.FromResult(++probe.Turns), Token));
        Assert.Equal((2, 1), (Probe.Activated, Probe.Deactivated));
    }

    [Fact]
    public async Task What_was_written_is_ahead_of_what_is_seen_until_that_is_seen()
    {
        var store = new MemoryStore();
        store.Put(ResourceTypes.Vpcs, new Vpc { Metadata = new ObjectMeta { Name = "one" } });
        await using var runtime = Start(store);
        Assert.Equal(
            (false, true, false),
            await runtime.GetGrain<IProbe>(Key).DoAsync(
                async (probe, token) =>
                {
                    var before = probe.State.IsAhead;
                    await probe.State.WriteStatusAsync(probe.State.Value! with { Status = new VpcStatus { Router = "r" } }, token);
                    var after = probe.State.IsAhead;
                    await probe.State.RefreshAsync(token);
                    return (before, after, probe.State.IsAhead);
                },
                Token));
    }

    [Fact]
    public async Task A_timer_runs_as_a_turn()
    {
        var time = new ManualTime();
        await using var runtime = Start(new MemoryStore(), new GrainRuntimeOptions { Time = time });
        var grain = runtime.GetGrain<IProbe>(Key);
        var ran = new TaskCompletionSource();
        await grain.DoAsync(
            (probe, _) =>
            {
                probe.Here.RunLater(TimeSpan.FromSeconds(5), _ => { ran.SetResult(); return Task.CompletedTask; });
                return Task.FromResult(0);
            },
            Token);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(ran.Task.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await ran.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task Stopping_cancels_the_turn_that_runs_and_refuses_the_next()
    {
        var runtime = Start(new MemoryStore());
        var grain = runtime.GetGrain<IProbe>(Key);
        var entered = new TaskCompletionSource();
        var turn = grain.DoAsync(async (_, token) => { entered.SetResult(); await Task.Delay(Timeout.Infinite, token); return 1; }, Token);
        await entered.Task.WaitAsync(Token);
        await runtime.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => grain.DoAsync((_, _) => Task.FromResult(1), Token));
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_hold_up_the_others()
    {
        await using var runtime = Start(new MemoryStore());
        var grain = runtime.GetGrain<IProbe>(Key);
        using var cancel = new CancellationTokenSource();
        var entered = new TaskCompletionSource();
        var first = grain.DoAsync(async (_, token) => { entered.SetResult(); await Task.Delay(Timeout.Infinite, token); return 1; }, cancel.Token);
        await entered.Task.WaitAsync(Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(2, await grain.DoAsync((_, _) => Task.FromResult(2), Token));
    }
}
