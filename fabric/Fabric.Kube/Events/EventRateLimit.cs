namespace Fabric.Kube.Events;

/// <summary>A bucket of tokens for each object that events are about, and a bound on the number of objects remembered.</summary>
internal sealed class EventRateLimit(TimeProvider time)
{
    /// <summary>As in client-go: 25 at once, then one in five minutes.</summary>
    private const double Burst = 25;

    private const int LargestMemory = 4096;

    private static readonly TimeSpan Refill = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, (double Tokens, long At)> _buckets = new(StringComparer.Ordinal);

    /// <summary>Whether one more event about the object may be written. Not for concurrent use.</summary>
    public bool Admit(string about)
    {
        var tokens = Burst;
        if (_buckets.TryGetValue(about, out var bucket))
            tokens = Math.Min(Burst, bucket.Tokens + time.GetElapsedTime(bucket.At) / Refill);
        else if (_buckets.Count >= LargestMemory)
            Forget();
        var admitted = tokens >= 1;
        _buckets[about] = (admitted ? tokens - 1 : tokens, time.GetTimestamp());
        return admitted;
    }

    /// <summary>Forgets the half that was silent longest.</summary>
    private void Forget()
    {
        foreach (var (about, _) in _buckets.OrderBy(entry => entry.Value.At).Take(LargestMemory / 2).ToArray())
            _buckets.Remove(about);
    }
}
