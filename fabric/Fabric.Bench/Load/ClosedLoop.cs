using System.Diagnostics;

namespace Fabric.Bench.Load;

/// <summary>Clients that each begin the next operation when the last one is done.</summary>
internal static class ClosedLoop
{
    /// <summary>Carries out operations 0 to <paramref name="count"/> - 1, each once.</summary>
    /// <param name="clients">How many at once.</param>
    /// <param name="operation">Client and operation number. It is timed from its call to its completion.</param>
    internal static async Task<LoadResult> RunAsync(int clients, int count, Func<int, int, CancellationToken, Task> operation, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clients);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var milliseconds = new double[count];
        var next = -1;
        // When one client fails the others have nothing left to show.
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(clients, count)).Select(ClientAsync));
        return new LoadResult(Stopwatch.GetElapsedTime(began), milliseconds);

        async Task ClientAsync(int client)
        {
            try
            {
                for (var number = Interlocked.Increment(ref next); number < count; number = Interlocked.Increment(ref next))
                {
                    var start = Stopwatch.GetTimestamp();
                    await operation(client, number, failed.Token);
                    milliseconds[number] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
            }
            catch
            {
                await failed.CancelAsync();
                throw;
            }
        }
    }
}
