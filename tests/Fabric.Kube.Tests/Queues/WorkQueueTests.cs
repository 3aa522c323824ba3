using System.Collections.Concurrent;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Node.Testing;

namespace Fabric.Kube.Tests.Queues;

public sealed class WorkQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static void Ignore(string key, Exception e, TimeSpan wait)
    {
    }

    [Fact]
    public async Task A_key_asked_for_many_times_while_it_waits_is_worked_on_once()
    {
        var queue = new WorkQueue<string>();
        for (var i = 0; i < 10; i++)
            queue.Add("a");
        var worked = 0;
        using var stop = new CancellationTokenSource();
        _ = queue.RunAsync((_, _) => Task.FromResult<TimeSpan?>(Interlocked.Increment(ref worked) < 0 ? TimeSpan.Zero : null), Ignore, stop.Token);
        await queue.WaitForIdleAsync(Token);
        Assert.Equal(1, worked);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task Keys_that_are_only_to_be_looked_at_wait_behind_those_that_are_asked_for()
    {
        var queue = new WorkQueue<string>(new WorkQueueOptions { Workers = 1 });
        queue.AddBehind("a");
        queue.AddBehind("b");
        queue.AddBehind("c");
        queue.Add("d");
        queue.AddBehind("d");
        queue.Add("c");
        var worked = new List<string>();
        using var stop = new CancellationTokenSource();
        _ = queue.RunAsync(
            (key, _) =>
            {
                worked.Add(key);
                if (worked.Count == 4)
                    queue.AddBehind(key);
                return Task.FromResult<TimeSpan?>(null);
            },
            Ignore, stop.Token);
        await queue.WaitForIdleAsync(Token);
        Assert.Equal(["d", "c", "a", "b", "b"], worked);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task A_key_asked_for_while_it_is_worked_on_is_worked_on_again_and_never_twice_at_once()
    {
        var queue = new WorkQueue<string>(new WorkQueueOptions { Workers = 4 });
        var entered = new SemaphoreSlim(0);
        var go = new SemaphoreSlim(0);
        int at = 0, most = 0, worked = 0;
        using var stop = new CancellationTokenSource();
        _ = queue.RunAsync(
            async (_, token) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref at));
                entered.Release();
                await go.WaitAsync(token);
                Interlocked.Decrement(ref at);
                Interlocked.Increment(ref worked);
                return null;
            },
            Ignore,
            stop.Token);
        queue.Add("a");
        await entered.WaitAsync(Token);
        queue.Add("a");
        queue.Add("a");
        go.Release();
        await entered.WaitAsync(Token);
        go.Release();
        await queue.WaitForIdleAsync(Token);
        Assert.Equal((2, 1), (worked, most));
        await stop.CancelAsync();
    }

    [Fact]
    public async Task A_failing_key_is_tried_again_later_each_time_and_success_forgets_its_failures()
    {
        var time = new ManualTime();
        var queue = new WorkQueue<string>(new WorkQueueOptions { Time = time, Retry = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)) });
        var waits = new ConcurrentQueue<TimeSpan>();
        var fails = 4;
        using var stop = new CancellationTokenSource();
        _ = queue.RunAsync(
            (_, _) => Interlocked.Decrement(ref fails) >= 0 ? throw new IOException("no") : Task.FromResult<TimeSpan?>(null),
            (_, _, wait) => waits.Enqueue(wait),
            stop.Token);
        queue.Add("a");
        for (var i = 1; i <= 4; i++)
        {
            await Eventually.HoldsAsync(() => waits.Count >= i);
            await queue.WaitForIdleAsync(Token);
            await Eventually.HoldsAsync(() => queue.DelayedCount == 1);
            time.Advance(TimeSpan.FromSeconds(4));
        }
        await Eventually.HoldsAsync(() => fails < 0);
        await queue.WaitForIdleAsync(Token);
        double[] bounds = [1, 2, 4, 4];
        Assert.All(waits.Zip(bounds), wait => Assert.InRange(wait.First.TotalSeconds, wait.Second / 2, wait.Second));

        fails = 1;
        queue.Add("a");
        await Eventually.HoldsAsync(() => waits.Count == 5);
        Assert.InRange(waits.Last().TotalSeconds, 0.5, 1);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task Of_several_times_asked_for_the_earliest_counts()
    {
        var time = new ManualTime();
        var queue = new WorkQueue<string>(new WorkQueueOptions { Time = time });
        var worked = new ConcurrentQueue<DateTimeOffset>();
        using var stop = new CancellationTokenSource();
        _ = queue.RunAsync(
            (_, _) =>
            {
                worked.Enqueue(time.GetUtcNow());
                return Task.FromResult<TimeSpan?>(null);
            },
            Ignore,
            stop.Token);
        var start = time.GetUtcNow();
        queue.AddAfter("a", TimeSpan.FromSeconds(30));
        queue.AddAfter("a", TimeSpan.FromSeconds(1));
        queue.AddAfter("a", TimeSpan.FromSeconds(60));
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => worked.Count == 1);
        Assert.Equal(start.AddSeconds(1), worked.Single());
        time.Advance(TimeSpan.FromMinutes(5));
        await queue.WaitForIdleAsync(Token);
        Assert.Single(worked);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task Many_keys_from_many_threads_are_all_worked_on_and_none_twice_at_once()
    {
        var queue = new WorkQueue<int>(new WorkQueueOptions { Workers = 8 });
        var inside = new int[50];
        var last = new int[50];
        var asked = new int[50];
        var overlaps = 0;
        using var stop = new CancellationTokenSource();
        _ = queue.RunAsync(
            async (key, _) =>
            {
                if (Interlocked.Increment(ref inside[key]) > 1)
                    Interlocked.Increment(ref overlaps);
                last[key] = Volatile.Read(ref asked[key]);
                await Task.Yield();
                Interlocked.Decrement(ref inside[key]);
                return null;
            },
            (_, _, _) => { },
            stop.Token);
        await Parallel.ForAsync(0, 20_000, Token, (i, _) =>
        {
            Interlocked.Increment(ref asked[i % 50]);
            queue.Add(i % 50);
            return ValueTask.CompletedTask;
        });
        await queue.WaitForIdleAsync(Token);
        Assert.Equal(0, overlaps);
        // Nothing asked for was lost: the last work on each key came after the last request.
        Assert.Equal(asked, last);
        await stop.CancelAsync();
    }
}
