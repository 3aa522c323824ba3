namespace Fabric.Bench.Datapath;

/// <summary>How long is measured, and how often.</summary>
public sealed record DatapathOptions
{
    /// <summary>How often every path is measured, one after the other each time; figures are medians.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>How long each measurement of a path takes, in milliseconds.</summary>
    public int Milliseconds { get; init; } = 1000;
}
