using Fabric.Resources.Core;

namespace Fabric.Kube.Leases;

/// <summary>Finds the leases that nobody renews.</summary>
/// <remarks>Clocks are not compared: a lease is silent when our own clock saw it unchanged for its duration.</remarks>
internal sealed class SilentLeases(TimeProvider time)
{
    private readonly Dictionary<string, (string? Version, long Since)> _seen = new(StringComparer.Ordinal);

    /// <summary>Takes note of how the leases are now.</summary>
    /// <returns>Those that have been so for their duration.</returns>
    public IReadOnlyList<Lease> Observe(IReadOnlyCollection<Lease> leases)
    {
        var now = time.GetTimestamp();
        var silent = new List<Lease>();
        foreach (var gone in _seen.Keys.Except(leases.Select(lease => lease.Metadata.Name!)).ToArray())
            _seen.Remove(gone);
        foreach (var lease in leases)
        {
            if (!_seen.TryGetValue(lease.Metadata.Name!, out var seen) || seen.Version != lease.Metadata.ResourceVersion)
                _seen[lease.Metadata.Name!] = (lease.Metadata.ResourceVersion, now);
            else if (time.GetElapsedTime(seen.Since, now) >= TimeSpan.FromSeconds(lease.Spec?.LeaseDurationSeconds ?? 0))
                silent.Add(lease);
        }
        return silent;
    }

    /// <summary>Begins anew: while we heard nothing ourselves, nobody else's silence means anything.</summary>
    public void Forget() => _seen.Clear();
}
