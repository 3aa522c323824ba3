namespace Bpf.FastPath.Endpoints;

/// <summary>Why a frame was left to Open vSwitch: enum endpoint_miss of endpoint_types.h, whose numbers are kept.</summary>
public enum FastPathMiss
{
    /// <summary>It is not accelerated here: the fast path is off, or its network is not part of it.</summary>
    Off = 0,

    /// <summary>ARP, multicast, a VLAN, another protocol.</summary>
    NotIp = 1,

    /// <summary>A fragment.</summary>
    Fragment = 2,

    /// <summary>IP options or extension headers.</summary>
    Options = 3,

    /// <summary>Neither TCP, UDP nor ICMP echo; or link-local addresses.</summary>
    Protocol = 4,

    /// <summary>Headers that contradict the frame or themselves.</summary>
    Malformed = 5,

    /// <summary>SYN, FIN or RST, which connection tracking must see.</summary>
    Control = 6,

    /// <summary>Nothing is known of this direction yet.</summary>
    Unknown = 7,

    /// <summary>Nothing is known of the other direction yet.</summary>
    OneWay = 8,

    /// <summary>Policy or routes may have changed since.</summary>
    Epoch = 9,

    /// <summary>An address has moved or changed since.</summary>
    Generation = 10,

    /// <summary>Open vSwitch has not let such a frame out for too long.</summary>
    Aged = 11,

    /// <summary>The other direction does not lead to this sender.</summary>
    Sender = 12,

    /// <summary>The TTL would run out.</summary>
    Ttl = 13,

    /// <summary>Longer than any that Open vSwitch has let out.</summary>
    Long = 14,

    /// <summary>Open vSwitch was just sending it to two places, or it is for a VM that is moving to this node.</summary>
    Held = 15,

    /// <summary>The underlay marked congestion.</summary>
    Congested = 16,

    /// <summary>The kernel refused to rewrite the frame.</summary>
    Failed = 17,

    /// <summary>It bore the mark that refreshes bear.</summary>
    Marked = 18,
}
