namespace Lab.Runner.Processes;

/// <summary>Waiting for the world with a deadline.</summary>
public static class Until
{
    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <returns>False when the deadline passed first.</returns>
    public static async Task<bool> TrueAsync(Func<CancellationToken, Task<bool>> question, TimeSpan deadline, CancellationToken cancellationToken, int everyMilliseconds = 20)
    {
        long end = Environment.TickCount64 + (long)deadline.TotalMilliseconds;
        while (!await question(cancellationToken))
        {
            if (Environment.TickCount64 >= end)
            {
                return false;
            }

            await Task.Delay(everyMilliseconds, cancellationToken);
        }

        return true;
    }

    /// <inheritdoc cref="TrueAsync(Func{CancellationToken, Task{bool}}, TimeSpan, CancellationToken, int)"/>
    public static Task<bool> TrueAsync(Func<bool> question, TimeSpan deadline, CancellationToken cancellationToken) =>
        TrueAsync(_ => Task.FromResult(question()), deadline, cancellationToken);
}
