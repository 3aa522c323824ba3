using Cni.Agent.Attaching;
using Cni.Agent.Journal;

namespace Cni.Agent.Tests.Attaching;

public sealed class TurnsTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_attachment_is_worked_on_by_one_at_a_time_and_others_beside_it()
    {
        var turns = new Turns<AttachmentKey>();
        var key = new AttachmentKey("c1", "eth0");
        var (inside, most, total) = (0, 0, 0);
        async Task<int> Work(CancellationToken cancellationToken)
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            total++;
            return Interlocked.Decrement(ref inside);
        }

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => turns.RunAsync(key, Work, Cancelled))));

        Assert.Equal((1, 200), (most, total));
        await turns.RunAsync(key, _ => turns.RunAsync(new AttachmentKey("c1", "eth1"), Work, Cancelled), Cancelled);
    }

    [Fact]
    public async Task Who_gives_up_waiting_or_fails_stands_in_nobodys_way()
    {
        var turns = new Turns<AttachmentKey>();
        var key = new AttachmentKey("c1", "eth0");
        var held = new TaskCompletionSource<int>();
        var holder = turns.RunAsync(key, _ => held.Task, Cancelled);
        using var impatient = new CancellationTokenSource();
        var waiting = turns.RunAsync(key, _ => Task.FromResult(0), impatient.Token);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        held.SetException(new IOException("failed"));
        await Assert.ThrowsAsync<IOException>(() => holder);

        Assert.Equal(7, await turns.RunAsync(key, _ => Task.FromResult(7), Cancelled));
    }
}
