using Bpf.FastPath.Uplinks;
using Cni.Agent.Journal;
using Cni.Agent.Shaping;
using Cni.Datapath.Shaping;
using Cni.Protocol;
using Fabric.Primitives;
using Fabric.Resources;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent.Attaching;

/// <summary>Everything that is to be made for one attachment: decided first, carried out after.</summary>
internal sealed record EndpointPlan
{
    /// <summary>What marks ports of the switch as the agent's.</summary>
    internal static OvsdbMap<string, string> Owner { get; } = [new("fabric-owner", "agent")];

    /// <summary>The bridge of the switch that OVN programs.</summary>
    internal const string Bridge = "br-int";

    // What Geneve with OVN's option leaves of an ordinary underlay of 1500 bytes.
    private const int DefaultMtu = 1442;

    /// <summary>The attachment.</summary>
    internal required AttachmentRecord Record { get; init; }

    /// <summary>The device in the container.</summary>
    internal required string Interface { get; init; }

    /// <summary>The path of the container's namespace.</summary>
    internal required string Netns { get; init; }

    /// <summary>The devices on the node.</summary>
    internal required DeviceNames Devices { get; init; }

    /// <summary>The MAC of the device in the container.</summary>
    internal required MacAddress Mac { get; init; }

    /// <summary>Its addresses.</summary>
    internal required EquatableArray<IpInterfaceAddress> Addresses { get; init; }

    /// <summary>Whether it is to have default routes; null for those that the container does not have yet.</summary>
    internal bool? DefaultRoute { get; init; }

    /// <summary>The routers, one default route each.</summary>
    internal required EquatableArray<IpAddress> Gateways { get; init; }

    /// <summary>The largest IP packet.</summary>
    internal required Mtu Mtu { get; init; }

    /// <summary>What it is held to.</summary>
    internal required EndpointLimits Limits { get; init; }

    /// <summary>The switch's port.</summary>
    internal required InternalPort Port { get; init; }

    /// <summary>Whether it may send router advertisements.</summary>
    internal bool Advertises { get; init; }

    /// <summary>From where it sends, and how important that is.</summary>
    internal required UplinkSender Sender { get; init; }

    /// <summary>The answer the runtime gets when all is made.</summary>
    internal required CniResult Result { get; init; }

    /// <summary>Plans an attachment of a Nic that has all it needs.</summary>
    internal static EndpointPlan Of(AttachmentRecord record, Nic attached)
    {
        var nic = attached.Status!;
        var devices = DeviceNames.Of(record);
        var mac = nic.MacAddress!.Value;
        var mtu = MtuOf(nic);
        return new EndpointPlan
        {
            Record = record,
            Interface = record.Interface,
            Netns = record.Netns,
            Devices = devices,
            Mac = mac,
            Addresses = nic.Addresses,
            Gateways = nic.Gateways,
            Mtu = mtu,
            Limits = NicLimits.Of(nic.Qos, mtu),
            Sender = NicLimits.SenderOf(attached),
            Advertises = attached.Spec.MayAdvertise,
            Port = PortOf(devices.SwitchPort, nic),
            Result = ResultOf(record, nic, devices, mac, mtu),
        };
    }

    /// <summary>The plan with default routes by some of the routers only.</summary>
    internal EndpointPlan WithGateways(Func<IpAddress, bool> wanted)
    {
        EquatableArray<IpAddress> kept = [.. Gateways.Where(wanted)];
        return kept == Gateways ? this : this with { Gateways = kept, Result = Result with { Routes = RoutesBy(kept) } };
    }

    /// <summary>The largest packet of a Nic.</summary>
    internal static Mtu MtuOf(NicStatus nic) => new(nic.Mtu ?? DefaultMtu);

    /// <summary>The port of a Nic that has all it needs.</summary>
    internal static InternalPort PortOf(string name, NicStatus nic) => PortOf(name, nic.Port!, nic.MacAddress!.Value.ToString(), nic.Mtu ?? DefaultMtu);

    /// <summary>The port of an attachment that was made; null when its record does not say enough.</summary>
    internal static InternalPort? PortOf(AttachmentRecord record) =>
        record is { IfaceId: { } iface, Result: { } result } && result.Interfaces.FirstOrDefault(each => each.Sandbox is not null && each.Name == record.Interface) is { Mac: { } mac } device
            ? PortOf(DeviceNames.Of(record).SwitchPort, iface, mac, device.Mtu ?? DefaultMtu)
            : null;

    private static InternalPort PortOf(string name, string iface, string mac, int mtu) => new()
    {
        Name = name,
        Bridge = Bridge,
        IfaceId = iface,
        AttachedMac = mac,
        Mtu = mtu,
        Owner = Owner,
    };

    private static IReadOnlyList<CniRoute> RoutesBy(EquatableArray<IpAddress> gateways) =>
        [.. gateways.Select(gateway => new CniRoute { Dst = gateway.IsV4 ? "0.0.0.0/0" : "::/0", Gateway = gateway.ToString() })];

    private static CniResult ResultOf(AttachmentRecord record, NicStatus nic, DeviceNames devices, MacAddress mac, Mtu mtu) => new()
    {
        CniVersion = CniVersions.Newest,
        Interfaces =
        [
            new CniInterface { Name = devices.Endpoint, Mac = devices.EndpointMac.ToString(), Mtu = mtu.Bytes },
            new CniInterface { Name = record.Interface, Mac = mac.ToString(), Mtu = mtu.Bytes, Sandbox = record.Netns },
        ],
        Ips =
        [
            .. nic.Addresses.Select(address => new CniAddress
            {
                Address = address.ToString(),
                Gateway = GatewayOf(address, nic.Gateways)?.ToString(),
                Interface = 1,
            }),
        ],
        Routes = RoutesBy(nic.Gateways),
        Dns = nic.DnsServers.IsEmpty && nic.Domain is null
            ? null
            : new CniDns
            {
                Nameservers = [.. nic.DnsServers.Select(server => server.ToString())],
                Domain = nic.Domain,
                Search = nic.Domain is null ? null : [nic.Domain],
            },
    };

    private static IpAddress? GatewayOf(IpInterfaceAddress address, EquatableArray<IpAddress> gateways)
    {
        foreach (var gateway in gateways)
        {
            if (address.Prefix.Contains(gateway))
            {
                return gateway;
            }
        }

        return null;
    }
}
