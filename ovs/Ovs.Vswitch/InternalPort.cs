using Ovs.Ovsdb;

namespace Ovs.Vswitch;

/// <summary>A port of type <c>internal</c> as a node wants it: a network device that the switch makes, bound to an OVN switch port.</summary>
public sealed record InternalPort
{
    /// <summary>The name of the port, of its interface and of the network device: at most 15 bytes, unique in the switch.</summary>
    public required string Name { get; init; }

    /// <summary>The bridge, which must exist.</summary>
    public string Bridge { get; init; } = "br-int";

    /// <summary>The name of the OVN logical switch port that ovn-controller is to bind here (<c>iface-id</c>).</summary>
    public required string IfaceId { get; init; }

    /// <summary>The MAC of the workload behind the port (<c>attached-mac</c>), colon-separated.</summary>
    public required string AttachedMac { get; init; }

    /// <summary>
    /// Tells successive workloads behind one <see cref="IfaceId"/> apart (<c>iface-id-ver</c>); null leaves the key out.
    /// </summary>
    /// <remarks>ovn-controller binds only if the logical port names the same version, or none: ovn-controller(8).</remarks>
    public string? IfaceIdVersion { get; init; }

    /// <summary>The device's MTU in bytes; null leaves it to the switch.</summary>
    public int? Mtu { get; init; }

    /// <summary>Who the port belongs to: pairs written to <c>external_ids</c> of the port and of its interface.</summary>
    public OvsdbMap<string, string> Owner { get; init; }

    internal OvsdbMap<string, string> InterfaceIds
    {
        get
        {
            var ids = Owner.With("iface-id", IfaceId).With("attached-mac", AttachedMac);
            return IfaceIdVersion is null ? ids : ids.With("iface-id-ver", IfaceIdVersion);
        }
    }
}
