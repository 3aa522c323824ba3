using System.Runtime.InteropServices;
using Fabric.Primitives;

namespace Cni.Netlink;

/// <summary>A pair of virtual Ethernet devices to be made, one end here and the other in another namespace or beside it.</summary>
public sealed record VethPair
{
    /// <summary>The name of the end in the socket's namespace.</summary>
    public required string HostName { get; init; }

    /// <summary>The hardware address of the end in the socket's namespace; the kernel makes one up when absent.</summary>
    public MacAddress? HostMac { get; init; }

    /// <summary>The name of the other end.</summary>
    public required string PeerName { get; init; }

    /// <summary>The other end's hardware address.</summary>
    public required MacAddress PeerMac { get; init; }

    /// <summary>Of both ends.</summary>
    public required Mtu Mtu { get; init; }

    /// <summary>Where the other end is put, see <see cref="NetnsScope.OpenNamespace"/>; beside this one when absent.</summary>
    public SafeHandle? PeerNamespace { get; init; }
}
