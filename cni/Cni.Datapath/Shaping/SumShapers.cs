using Bpf.FastPath.Endpoints;
using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Datapath.Shaping;

/// <summary>
/// Holds the sum of what several endpoints send, or are sent, to a limit: all their frames go through one veth pair, whose near
/// end has the bucket. The programs write on each frame whose it is, and read that at the far end. Inside of the bucket
/// each endpoint has a queue of its own, which get turns.
/// </summary>
/// <remarks>A shaper is there while somebody is in it: the last one who leaves removes it.</remarks>
/// <param name="node">rtnetlink in the node's namespace.</param>
/// <param name="pairs">Makes the pairs.</param>
internal sealed class SumShapers(RouteSocket node, ShaperPairs pairs)
{
    // Subnets' MTUs differ and change: the endpoints' own devices see to them.
    private static readonly Mtu Widest = new(Mtu.MaxBytes);

    private readonly Lock _lock = new();
    private readonly Dictionary<ShaperNames, HashSet<ShaperNames>> _members = [];

    /// <summary>Puts an endpoint into a sum, whose bucket becomes <paramref name="bucket"/> for all.</summary>
    internal ShaperDevices? Enter(ShaperNames sum, ShaperNames member, TokenBucket bucket, ref string? fault)
    {
        lock (_lock)
        {
            // First, so that nobody who leaves takes it away.
            Add(sum, member);
            var before = node.FindLink(sum.Near) is { } near && node.FindTokenBucket(near.Index) is { } there ? there : null;
            if (pairs.Build(sum, Widest, bucket, ref fault) is not { } devices)
            {
                return null;
            }

            if (before?.IsAsToldTo(bucket) != true || node.GetClasses(devices.NearIndex, SumQueues.Handle).Count != SumQueues.Count)
            {
                Separate(devices.NearIndex, bucket);
            }

            return devices;
        }
    }

    /// <returns>The sum's shaper as an earlier process left it, with the endpoint in it; null when there is none.</returns>
    internal ShaperDevices? Recover(ShaperNames? sum, ShaperNames member)
    {
        lock (_lock)
        {
            if (sum is { } names && pairs.Find(names) is { } devices)
            {
                Add(names, member);
                return devices;
            }

            return null;
        }
    }

    /// <summary>Whether an endpoint is in a sum.</summary>
    internal bool HasMember(ShaperNames member)
    {
        lock (_lock)
        {
            return _members.Values.Any(members => members.Contains(member));
        }
    }

    /// <summary>Takes an endpoint out of all sums but those named. Its frames are sent elsewhere by now.</summary>
    internal void LeaveOthers(ShaperNames member, params ReadOnlySpan<ShaperNames?> stays)
    {
        lock (_lock)
        {
            foreach (var (sum, members) in _members.ToArray())
            {
                if (!stays.Contains(sum) && members.Remove(member) && members.Count == 0)
                {
                    _members.Remove(sum);
                    pairs.Remove(sum);
                }
            }
        }
    }

    private void Add(ShaperNames sum, ShaperNames member)
    {
        if (!_members.TryGetValue(sum, out var members))
        {
            _members[sum] = members = [];
        }

        members.Add(member);
    }

    private void Separate(int near, TokenBucket bucket)
    {
        try
        {
            node.EnsureFairQueues(near, SumQueues.Handle, SumQueues.Count, bucket.Queue);
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoEntry or Errno.NotSupported)
        {
            // Without sch_htb all wait in one queue: the sum holds, and who sends most has most of it.
        }
    }
}
