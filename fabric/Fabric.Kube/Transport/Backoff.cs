namespace Fabric.Kube.Transport;

/// <summary>Exponential waits with jitter, so that many clients that failed together do not return together.</summary>
/// <param name="First">Upper bound of the first wait.</param>
/// <param name="Longest">Upper bound of every wait.</param>
public readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>The wait before try number <paramref name="failures"/> + 1: between half and all of First * 2^(failures-1), at most Longest.</summary>
    /// <param name="failures">Failures in a row so far, from 1.</param>
    public TimeSpan Delay(int failures)
    {
        var doubled = First.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 30));
        var bound = Math.Min(doubled, Longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(bound * (0.5 + Random.Shared.NextDouble() / 2));
    }
}
