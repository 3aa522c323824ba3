using Bpf.FastPath.Endpoints;
using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Datapath.Shaping;

/// <summary>The veth pairs in whose near ends frames wait.</summary>
/// <param name="node">rtnetlink in the node's namespace.</param>
/// <param name="datapath">The node's programs.</param>
/// <param name="netns">The path of the node's namespace, where it is not this process's own.</param>
internal sealed class ShaperPairs(RouteSocket node, EndpointDatapath datapath, string? netns)
{
    // No frame bears it.
    private static readonly MacAddress Mac = MacAddress.Parse("fe:00:00:00:00:01");

    /// <returns>The pair of these names, when frames can go through it and wait.</returns>
    internal ShaperDevices? Find(ShaperNames names) =>
        node.FindLink(names.Near) is { IsUp: true } near && node.FindLink(names.Far) is { IsUp: true } far && node.FindTokenBucket(near.Index) is not null
            ? new ShaperDevices(near.Index, far.Index)
            : null;

    /// <summary>Whether there is a pair of these names.</summary>
    internal bool Has(ShaperNames names) => node.FindLink(names.Near) is not null;

    /// <summary>Has the pair be there with its bucket.</summary>
    /// <returns>The pair; null when the node cannot have it, which <paramref name="fault"/> then says.</returns>
    internal ShaperDevices? Build(ShaperNames names, Mtu mtu, TokenBucket bucket, ref string? fault)
    {
        var near = node.FindLink(names.Near);
        if (near is not null && near.MtuBytes != mtu.Bytes)
        {
            Remove(names);
            near = null;
        }

        // Both ends are made together and go together.
        var index = near?.Index ?? node.CreateVethPair(new VethPair
        {
            HostName = names.Near,
            HostMac = Mac,
            PeerName = names.Far,
            PeerMac = Mac,
            Mtu = mtu,
        });
        if (!TrySet(index, bucket, ref fault) || node.FindLink(names.Far) is not { } far)
        {
            return null;
        }

        foreach (var (name, end, isUp) in new[] { (names.Far, far.Index, far.IsUp), (names.Near, index, near?.IsUp == true) })
        {
            if (!isUp)
            {
                // The node's own stack must not speak here: it would speak for the endpoint.
                DisableIpv6(name);
                node.SetUp(end);
            }
        }

        return new ShaperDevices(index, far.Index);
    }

    /// <summary>Removes the pair; nothing happens when there is none.</summary>
    internal void Remove(ShaperNames names)
    {
        if (node.FindLink(names.Far) is { } far)
        {
            // One end takes the other with it.
            node.DeleteLink(names.Far);
            datapath.Forget(far.Index);
        }
    }

    /// <summary>Has a link send through a bucket.</summary>
    internal bool TrySet(int link, TokenBucket bucket, ref string? fault)
    {
        if (node.FindTokenBucket(link)?.IsAsToldTo(bucket) == true)
        {
            return true;
        }

        try
        {
            node.SetTokenBucket(link, bucket);
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoEntry or Errno.NotSupported)
        {
            fault = $"this node's kernel has no token bucket queue (module sch_tbf): {e.Message}";
            return false;
        }
    }

    private void DisableIpv6(string link)
    {
        if (netns is null)
        {
            NetnsScope.DisableIpv6(link);
        }
        else
        {
            NetnsScope.DisableIpv6(netns, link);
        }
    }
}
