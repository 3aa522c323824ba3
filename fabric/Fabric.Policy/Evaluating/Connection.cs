using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Evaluating;

/// <summary>One end of a connection: an address, and the Nic that has it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Nic">The Nic, or null for what is outside the Vpc.</param>
public sealed record ConnectionEnd(IpAddress Address, PolicyEndpoint? Nic);

/// <summary>The first packet of a connection.</summary>
/// <param name="From">Who opens it.</param>
/// <param name="To">Who is connected to.</param>
/// <param name="Protocol">The protocol.</param>
public sealed record Connection(ConnectionEnd From, ConnectionEnd To, SecurityProtocol Protocol)
{
    /// <summary>The port connected to, 1 to 65535; 0 for ICMP.</summary>
    public int Port { get; init; }

    /// <summary>The ICMP type.</summary>
    public int IcmpType { get; init; }

    /// <summary>The ICMP code.</summary>
    public int IcmpCode { get; init; }
}
