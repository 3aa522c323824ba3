using Fabric.Primitives;

namespace Cni.Netlink;

/// <summary>A unicast route of the main table through one link.</summary>
public sealed record Route
{
    /// <summary>What it leads to; the default route is the prefix of length 0.</summary>
    public required IpPrefix Destination { get; init; }

    /// <summary>The next hop; null for what is on the link itself.</summary>
    public IpAddress? Gateway { get; init; }

    /// <summary>The link it leaves by.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>Whether no prefix of the link covers the gateway (RTNH_F_ONLINK); when null, the link's addresses are looked at.</summary>
    public bool? IsOnLink { get; init; }
}
