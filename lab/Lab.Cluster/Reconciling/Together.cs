namespace Lab.Cluster.Reconciling;

/// <summary>Things that run for ever side by side.</summary>
internal static class Together
{
    /// <summary>
    /// Runs all until cancelled. None may go on alone, because what one leaves undone the others would wait for in silence: when
    /// one fails, which only a bug makes it do, all end and its failure is thrown.
    /// </summary>
    public static async Task RunAsync(IEnumerable<Func<CancellationToken, Task>> each, CancellationToken cancellationToken)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = each.Select(run => run(all.Token)).ToArray();
        var first = await Task.WhenAny(running);
        await all.CancelAsync();
        try
        {
            await Task.WhenAll(running);
        }
        catch (Exception) when (first.IsFaulted)
        {
            await first;
        }
    }
}
