using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Node.Testing;

/// <summary>Waits for something to become so, and says what did not.</summary>
public static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task HoldsAsync(
        Func<bool> condition, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (within ?? Limit))
                throw new TimeoutException($"did not become true within {within ?? Limit}: {what}");
            await Task.Delay(10).ConfigureAwait(false);
        }
    }
}
