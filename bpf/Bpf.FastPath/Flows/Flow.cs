using Fabric.Primitives;

namespace Bpf.FastPath.Flows;

/// <summary>One direction of a flow as the fast path remembers it.</summary>
public sealed record Flow
{
    /// <summary>The routing domain.</summary>
    public required uint Domain { get; init; }

    /// <summary>IP's number of the protocol: 6, 17, 1 or 58.</summary>
    public required byte Protocol { get; init; }

    /// <summary>Who sends.</summary>
    public required IpAddress Source { get; init; }

    /// <summary>Its port; of an ICMP echo request its id.</summary>
    public required ushort SourcePort { get; init; }

    /// <summary>Who receives.</summary>
    public required IpAddress Destination { get; init; }

    /// <summary>Its port; of an ICMP echo reply its id.</summary>
    public required ushort DestinationPort { get; init; }

    /// <summary>The node it goes to by its tunnel address; null when the endpoint is on this node.</summary>
    public required IpAddress? Node { get; init; }

    /// <summary>The device it goes to: the endpoint's host end, or the NIC.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The MAC that the receiver gets it under.</summary>
    public required MacAddress DestinationMac { get; init; }

    /// <summary>The MAC that the receiver takes it to come from.</summary>
    public required MacAddress SourceMac { get; init; }

    /// <summary>How many routers it passes.</summary>
    public required int Hops { get; init; }

    /// <summary>The longest IP packet that Open vSwitch was seen to let out, in bytes.</summary>
    public required int Longest { get; init; }

    /// <summary>How long ago that was for any packet.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>Whether policy and routes are those it was learned under.</summary>
    public required bool IsCurrent { get; init; }
}
