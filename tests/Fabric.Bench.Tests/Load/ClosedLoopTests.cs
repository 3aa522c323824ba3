using System.Collections.Concurrent;
using Fabric.Bench.Load;

namespace Fabric.Bench.Tests.Load;

public class ClosedLoopTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_operation_is_carried_out_once_by_no_more_clients_than_asked_for()
    {
        var done = new ConcurrentBag<int>();
        var busy = new int[4];

        var result = await ClosedLoop.RunAsync(
            4, 100,
            async (client, number, _) =>
            {
                Assert.Equal(1, Interlocked.Increment(ref busy[client]));
                await Task.Yield();
                done.Add(number);
                Interlocked.Decrement(ref busy[client]);
            },
            Token);

        Assert.Equal(Enumerable.Range(0, 100), done.Order());
        Assert.Equal(100, result.Milliseconds.Count);
    }

    [Fact]
    public async Task A_client_that_fails_ends_the_others_and_its_fault_is_what_is_told()
    {
        var waits = new TaskCompletionSource();

        var fault = await Assert.ThrowsAsync<BenchException>(() => ClosedLoop.RunAsync(
            2, 2,
            async (client, _, token) =>
            {
                if (client == 0)
                    await waits.Task.WaitAsync(token);
                else
                    throw new BenchException("refused");
            },
            Token));

        Assert.Equal("refused", fault.Message);
    }
}
