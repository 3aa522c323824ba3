using System.Collections.Immutable;
using Fabric.Primitives;
using Fabric.Resources;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>What is the same for all objects of a fabric.</summary>
public sealed record RenderSettings
{
    /// <summary>
    /// The MTU told to guests of a Subnet that names none, in bytes: what the nodes' underlay leaves. 1442 on an underlay of 1500.
    /// </summary>
    public int DefaultMtu { get; init; } = 1442;
}

/// <summary>The rows that an object should have: functions of the object and nothing else.</summary>
public static class Render
{
    /// <summary>A router.</summary>
    public static ImmutableArray<DesiredRow> Vpc(Vpc vpc)
    {
        var name = vpc.Metadata.Name!;
        return [new DesiredRow<LogicalRouter>(RealizedTable.Router, NorthboundNames.RouterRow(name).Identity, new() { Name = NorthboundNames.Router(name) })];
    }

    /// <summary>
    /// A switch, a router port and a switch port that join it to the Vpc's router, DHCP options of each family unless turned
    /// off, address sets of each family, the rules of a private subnet, and those that keep its Nics from playing router.
    /// </summary>
    public static ImmutableArray<DesiredRow> Subnet(Subnet subnet, RenderSettings settings)
    {
        var name = subnet.Metadata.Name!;
        var mac = NorthboundNames.RouterMac(subnet.Spec.Vpc, name);
        var mtu = subnet.Spec.Mtu ?? settings.DefaultMtu;
        return
        [
            Switch(name),
            RouterPort(subnet.Spec, name, mac, mtu),
            SwitchPortToRouter(name, subnet.Spec.FastPath),
            .. subnet.Spec.Dhcp.Enabled ? subnet.Spec.Ranges.Select(range => Dhcp(subnet.Spec.Dhcp, range, name, mac, mtu)) : [],
            .. Isolation.AddressSets(subnet.Spec, name),
            .. Isolation.Rules(subnet.Spec, name),
            .. SpoofGuard.Rules(name),
        ];
    }

    /// <summary>A switch port, and what it is allowed beside others; none while the Nic has no port name, MAC or addresses yet.</summary>
    public static ImmutableArray<DesiredRow> Nic(Nic nic)
    {
        if (nic.Status is not { Port: { Length: > 0 } port, MacAddress: { } mac } status || status.Addresses.IsEmpty)
        {
            return [];
        }

        // With an IPv6 address among those of port_security ovn-controller lets the link-local one of the MAC (RFC 4291 appendix A) pass as well.
        var own = status.Addresses.Select(address => address.Address).ToImmutableArray();
        var reached = $"{mac} {string.Join(' ', own)}";
        return
        [
            new DesiredRow<LogicalSwitchPort>(
                RealizedTable.SwitchPort,
                new(RowOwner.Nic(new(nic.Metadata.Namespace, nic.Metadata.Name!)), "port"),
                new()
                {
                    Name = port,
                    Addresses = SpoofGuard.HasUnknownMacs(nic.Spec, mac) ? [reached, "unknown"] : [reached],
                    PortSecurity = SpoofGuard.PortSecurity(nic.Spec, mac, own),
                    Options = Binding(status),
                })
            {
                Parent = NorthboundNames.SwitchRow(nic.Spec.Subnet),
                Links =
                [
                    new(NorthboundNames.DhcpRow(nic.Spec.Subnet, IpFamily.V4), (row, dhcp) => row with { Dhcpv4Options = dhcp }),
                    new(NorthboundNames.DhcpRow(nic.Spec.Subnet, IpFamily.V6), (row, dhcp) => row with { Dhcpv6Options = dhcp }),
                ],
            },
            .. SpoofGuard.Exceptions(nic, port),
        ];
    }

    /// <summary>The key of the nodes that are to have a port (ovn-nb(5)).</summary>
    internal const string RequestedChassis = "requested-chassis";

    /// <summary>The nodes that are to have the port; both once the target's can keep what it gets for a VM that moves, the one it leaves first.</summary>
    private static OvsdbMap<string, string> Binding(NicStatus status) => status switch
    {
        { Node: null or "" } => default,
        { Migration: { IsOnBothNodes: true, TargetNode: { } target } migration } when target != status.Node => migration.LeftToOvn
            ? OvsdbMap.Of((RequestedChassis, $"{status.Node},{target}"), ("activation-strategy", "rarp"))
            // No activation strategy: the target's node keeps what it gets itself.
            : OvsdbMap.Of((RequestedChassis, $"{status.Node},{target}")),
        _ => OvsdbMap.Of((RequestedChassis, status.Node)),
    };

    private static DesiredRow<LogicalSwitch> Switch(string name) => new(
        RealizedTable.Switch,
        NorthboundNames.SwitchRow(name).Identity,
        // No key "subnet": OVN gives out no addresses of its own, Fabric does.
        new() { Name = NorthboundNames.Switch(name), OtherConfig = OvsdbMap.Of(("mcast_snoop", "false")) });

    private static DesiredRow<LogicalRouterPort> RouterPort(SubnetSpec spec, string name, MacAddress mac, int mtu) => new(
        RealizedTable.RouterPort,
        NorthboundNames.RouterPortRow(name).Identity,
        new()
        {
            Name = NorthboundNames.RouterPort(name),
            Mac = mac.ToString(),
            Networks = [.. spec.Ranges.Select(range => new IpInterfaceAddress(range.GatewayInForce, range.Cidr.Length).ToString())],
            Ipv6RaConfigs = spec.Ipv6 is null ? default : RouterAdvertisements.Render(spec.Dhcp, mtu),
        })
    {
        Parent = NorthboundNames.RouterRow(spec.Vpc),
    };

    private static DesiredRow<LogicalSwitchPort> SwitchPortToRouter(string name, bool isFast) => new(
        RealizedTable.SwitchPort,
        NorthboundNames.SwitchPortToRouterRow(name).Identity,
        new()
        {
            Name = NorthboundNames.SwitchPortToRouter(name),
            Type = "router",
            Addresses = ["router"],
            Options = OvsdbMap.Of(("router-port", NorthboundNames.RouterPort(name))),
        })
    {
        Parent = NorthboundNames.SwitchRow(name),
        Needs = NorthboundNames.RouterPortRow(name),
        Marks = isFast ? default : OvsdbMap.Of((RowIdentity.FastPathKey, "false")),
    };

    private static DesiredRow<DhcpOptions> Dhcp(DhcpSpec dhcp, SubnetRange range, string name, MacAddress mac, int mtu) => new(
        RealizedTable.Dhcp,
        NorthboundNames.DhcpRow(name, range.Cidr.Family).Identity,
        new()
        {
            Cidr = range.Cidr.ToString(),
            Options = range.Cidr.IsV4 ? Dhcpv4Options.Render(dhcp, range.GatewayInForce, mac, mtu) : Dhcpv6Options.Render(dhcp, mac),
        });
}
