using Lab.Cluster.Sandboxes;

namespace Lab.Cluster.Kubelet;

/// <summary>How long a container that ends again and again waits: 10 s, doubled each time up to 5 min, as kubelet does.</summary>
/// <remarks>Derived from the runtime's own times, so that it survives a restart of the kubelet.</remarks>
internal static class CrashBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>A container that ran this long starts over.</summary>
    private static readonly TimeSpan Sound = TimeSpan.FromMinutes(10);

    /// <summary>The whole wait after this container ended.</summary>
    public static TimeSpan After(SandboxContainer ended)
    {
        if (ended.Attempt == 0 || ended.FinishedAt - ended.StartedAt >= Sound)
            return TimeSpan.Zero;
        var seconds = First.TotalSeconds * Math.Pow(2, Math.Min(ended.Attempt - 1, 10));
        return TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds));
    }

    /// <summary>What is left of it; zero or less when it may start.</summary>
    public static TimeSpan Left(SandboxContainer ended, DateTimeOffset now) => (ended.FinishedAt ?? now) + After(ended) - now;
}
