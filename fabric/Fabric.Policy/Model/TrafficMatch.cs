using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Model;

/// <summary>Connections by protocol and port, or by ICMP type.</summary>
/// <param name="Protocol">The protocol.</param>
public sealed record TrafficMatch(SecurityProtocol Protocol)
{
    /// <summary>The ports connected to, or null for all.</summary>
    public PortRange? Ports { get; init; }

    /// <summary>The name of the port connected to, at whoever is connected to; then <see cref="Ports"/> is null.</summary>
    public string? PortName { get; init; }

    /// <summary>The ICMP type, or null for all.</summary>
    public int? IcmpType { get; init; }

    /// <summary>The ICMP code, or null for all.</summary>
    public int? IcmpCode { get; init; }

    /// <summary>The family that the protocol belongs to, or none for both.</summary>
    public IpFamily Family => Protocol switch
    {
        SecurityProtocol.ICMP => IpFamily.V4,
        SecurityProtocol.ICMPv6 => IpFamily.V6,
        _ => IpFamily.None,
    };

    /// <summary>As people are told it: <c>TCP 80</c>, <c>TCP 8000-8010</c>, <c>ICMP type 8</c>.</summary>
    public override string ToString() => (Ports, PortName, IcmpType) switch
    {
        ({ } ports, _, _) => $"{Protocol} {ports}",
        (_, { } name, _) => $"{Protocol} {name}",
        (_, _, { } type) => $"{Protocol} type {type}{(IcmpCode is { } code ? $" code {code}" : "")}",
        _ => Protocol.ToString(),
    };
}

/// <summary>Ports from one to another, both included.</summary>
/// <param name="First">The first, 1 to 65535.</param>
/// <param name="Last">The last, not less than the first.</param>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>Whether a port is one of them.</summary>
    public bool Contains(int port) => port >= First && port <= Last;

    /// <inheritdoc/>
    public override string ToString() => First == Last ? First.ToString() : $"{First}-{Last}";
}
