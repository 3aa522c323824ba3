using System.Collections.Concurrent;
using Fabric.Grains.Storage;
using Fabric.Grains.Workloads;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Workloads;

public sealed class SubnetListerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_asks_while_a_list_is_read_shares_the_next_and_sees_what_was_there_when_it_asked()
    {
        var store = new HeldStore();
        var lister = new SubnetLister(store);
        var first = lister.ListAsync(Token);
        var firstList = await store.NextAsync();

        store.Add("late");
        var others = Enumerable.Range(0, 20).Select(_ => lister.ListAsync(Token)).ToArray();
        firstList.SetResult();
        Assert.Empty(await first);

        (await store.NextAsync()).SetResult();
        Assert.All(await Task.WhenAll(others), subnets => Assert.Equal("late", Assert.Single(subnets).Metadata.Name));
        Assert.Equal(2, store.Lists);
    }

    [Fact]
    public async Task A_list_that_fails_fails_those_who_shared_it_and_not_the_next()
    {
        var store = new HeldStore();
        var lister = new SubnetLister(store);
        // Whoever asks while this is read shares the next.
        var before = lister.ListAsync(Token);
        var running = await store.NextAsync();
        var first = lister.ListAsync(Token);
        var second = lister.ListAsync(Token);
        running.SetResult();
        Assert.Empty(await before);
        var list = await store.NextAsync();
        var later = lister.ListAsync(Token);
        list.SetException(new IOException("unreachable"));
        await Assert.ThrowsAsync<IOException>(() => first);
        await Assert.ThrowsAsync<IOException>(() => second);
        (await store.NextAsync()).SetResult();
        Assert.Empty(await later);
    }

    [Fact]
    public async Task Whoever_gives_up_takes_nobody_along()
    {
        var store = new HeldStore();
        var lister = new SubnetLister(store);
        using var impatient = new CancellationTokenSource();
        var before = lister.ListAsync(Token);
        var running = await store.NextAsync();
        var first = lister.ListAsync(impatient.Token);
        var second = lister.ListAsync(Token);
        running.SetResult();
        Assert.Empty(await before);
        var list = await store.NextAsync();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        list.SetResult();
        Assert.Empty(await second);
    }

    /// <summary>A store that answers a list, as it was when it was asked, only when told to.</summary>
    private sealed class HeldStore : IObjectStore
    {
        private readonly ConcurrentQueue<Subnet> _subnets = new();
        private readonly System.Threading.Channels.Channel<TaskCompletionSource> _held = System.Threading.Channels.Channel.CreateUnbounded<TaskCompletionSource>();
        private int _lists;

        public int Lists => _lists;

        public void Add(string name) => _subnets.Enqueue(new Subnet { Metadata = new ObjectMeta { Name = name }, Spec = new SubnetSpec() });

        public ValueTask<TaskCompletionSource> NextAsync() => _held.Reader.ReadAsync(Token);

        public async Task<IReadOnlyList<T>> ListAsync<T>(ResourceType<T> type, string? labels, CancellationToken cancellationToken)
            where T : class, IKubeObject
        {
            Interlocked.Increment(ref _lists);
            var seen = _subnets.ToArray();
            var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _held.Writer.WriteAsync(held, cancellationToken);
            await held.Task;
            return (IReadOnlyList<T>)(object)seen;
        }

        public Task<T?> GetAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellationToken)
            where T : class, IKubeObject => throw new NotSupportedException();

        public Task<WriteResult<T>> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
            where T : class, IKubeObject => throw new NotSupportedException();

        public Task<WriteResult<T>> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
            where T : class, IKubeObject => throw new NotSupportedException();

        public Task<WriteResult<T>> UpdateStatusAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
            where T : class, IKubeObject => throw new NotSupportedException();

        public Task<WriteOutcome> DeleteAsync<T>(ResourceType<T> type, ObjectKey key, ObjectVersion meant, CancellationToken cancellationToken)
            where T : class, IKubeObject => throw new NotSupportedException();
    }
}
