using Fabric.Primitives;

namespace Cni.Netlink;

/// <summary>A network device as RTM_GETLINK shows it.</summary>
public sealed record Link
{
    /// <summary>The kernel's number for it (ifindex), unique within its namespace, at least 1.</summary>
    public required int Index { get; init; }

    /// <summary>The name, as <c>ip link</c> prints it.</summary>
    public required string Name { get; init; }

    /// <summary>The hardware address, where the device has one of six bytes.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>The largest frame's payload in bytes; the loopback device's is 65536, beyond what an <see cref="Mtu"/> holds.</summary>
    public required int MtuBytes { get; init; }

    /// <summary>Whether it is administratively up (IFF_UP); says nothing of carrier.</summary>
    public required bool IsUp { get; init; }

    /// <summary>The driver's kind, such as "veth" or "tun"; null for hardware and loopback.</summary>
    public string? Kind { get; init; }

    /// <summary>The index of the bridge that it is a port of.</summary>
    public int? Master { get; init; }

    /// <summary>For a veth: the other end's index, in the other end's namespace.</summary>
    public int? PeerIndex { get; init; }
}
