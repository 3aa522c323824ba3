using Fabric.Bench.Statistics;

namespace Fabric.Bench.Load;

/// <summary>What a load came to.</summary>
/// <param name="Elapsed">From the first operation's begin to the last one's end.</param>
/// <param name="Each">How long each operation took, in milliseconds, by its number.</param>
internal sealed record LoadResult(TimeSpan Elapsed, IReadOnlyList<double> Each)
{
    /// <summary>How long the operations took.</summary>
    internal Sample Milliseconds { get; } = new(Each);

    /// <summary>Operations completed a second.</summary>
    internal double PerSecond => Milliseconds.Count / Elapsed.TotalSeconds;
}
