using Bpf.FastPath.Flows;
using Cni.Netlink;
using Fabric.Primitives;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Datapath.Underlays;

/// <summary>Which devices the node's tunnels use, or why they are left to Open vSwitch.</summary>
/// <param name="Devices">The devices, or null.</param>
/// <param name="Fault">Why there are none, for people; null when there are.</param>
internal sealed record UnderlayPlan(UnderlayDevices? Devices, string? Fault)
{
    /// <summary>How fast the NIC may send, as is said there; null when it is not.</summary>
    internal BitRate? Rate { get; private init; }

    /// <summary>Why that is not known, for people; null when it is, or when there are no devices.</summary>
    internal string? RateFault { get; private init; }

    /// <summary>Keys in <c>external_ids</c> of table Open_vSwitch, beside <c>ovn-encap-ip</c>.</summary>
    internal const string NicKey = "fabric-underlay-nic";

    /// <inheritdoc cref="NicKey"/>
    internal const string PortKey = "fabric-underlay-port";

    /// <inheritdoc cref="NicKey"/>
    internal const string RateKey = "fabric-underlay-rate";

    // Slower, the parts that priorities are assured would not carry a frame a second.
    private const long LeastRate = 1_000_000;

    /// <summary>Finds them.</summary>
    internal static UnderlayPlan Of(OvsdbSnapshot vswitch, RouteSocket node)
    {
        if (vswitch.Table<OpenVSwitch>().FirstOrDefault() is not { } root)
        {
            return Without("the switch's database is empty");
        }

        if (!root.ExternalIds.TryGetValue(NicKey, out var nic) || !root.ExternalIds.TryGetValue(PortKey, out var port))
        {
            return Without($"external_ids of table Open_vSwitch has no {NicKey} and {PortKey}: ovs-vsctl set Open_vSwitch . external_ids:{NicKey}=NIC external_ids:{PortKey}=PORT");
        }

        if (root.ExternalIds.TryGetValue("ovn-encap-type", out var encapsulation) && encapsulation != "geneve")
        {
            return Without($"tunnels are {encapsulation}, not geneve");
        }

        if (Chassis.Read(vswitch) is { EncapAddresses: [{ AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 }, ..] })
        {
            return Without("the underlay is IPv6");
        }

        return (node.FindLink(nic), node.FindLink(port)) switch
        {
            ({ } near, { } far) => new UnderlayPlan(new UnderlayDevices(near.Index, far.Index), null).WithRate(root.ExternalIds.TryGetValue(RateKey, out var rate) ? rate : null),
            (null, _) => Without($"the node has no device {nic}, which {NicKey} names"),
            _ => Without($"the node has no device {port}, which {PortKey} names"),
        };
    }

    private UnderlayPlan WithRate(string? text)
    {
        const string Remedy = $"ovs-vsctl set Open_vSwitch . external_ids:{RateKey}=10G, in bit/s and a little less than the link has";
        return text is null ? this with { RateFault = $"how fast the node's uplink is is not known: {Remedy}" }
            : BitRate.TryParse(text, out var rate) && rate.BitsPerSecond >= LeastRate ? this with { Rate = rate }
            : this with { RateFault = $"{RateKey} of '{text}' is no rate of a link: {Remedy}" };
    }

    private static UnderlayPlan Without(string fault) => new(null, fault);
}
