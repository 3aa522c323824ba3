using Fabric.Resources;

namespace Fabric.Grains.Realization;

/// <summary>
/// How long a grain that others ask waits for the network. It goes on being made behind its back: a grain that waited for an OVN
/// that is away would keep all from their addresses that ask it something.
/// </summary>
internal static class RealizationPatience
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>When a grain looks again whether the network is made.</summary>
    public static TimeSpan SoonAgain { get; } = TimeSpan.FromSeconds(2);

    /// <summary>What is said while it never was.</summary>
    public static Condition Waiting { get; } = new()
    {
        Type = Condition.Ready,
        Status = "Unknown",
        Reason = "Realizing",
        Message = "OVN does not have it yet. If it stays so, see in the log of fabric server whether OVN's northbound database is reached.",
    };

    /// <summary>What was made, or null when that takes longer.</summary>
    public static async Task<string?> WaitAsync(Func<CancellationToken, Task<string>> apply, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await apply(either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
