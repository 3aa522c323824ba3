namespace Cni.Datapath.Tests.Traffic;

/// <summary>How long something may take at most.</summary>
internal static class Bound
{
    private const int Attempts = 5;

    /// <summary>After a change is shown as installed, what it forbids.</summary>
    public static readonly TimeSpan OfChange = TimeSpan.FromMilliseconds(100);

    /// <summary>A machine that is busy makes it longer, and nothing makes it shorter: the least of a few is what it takes.</summary>
    public static async Task<TimeSpan> LeastAsync(Func<Task<TimeSpan>> measure)
    {
        var least = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < Attempts && least >= OfChange; attempt++)
        {
            var took = await measure();
            least = took < least ? took : least;
        }

        return least;
    }
}
