using System.Collections.Immutable;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>What a Nic may pretend to be: nothing but itself, unless it says so.</summary>
/// <remarks>
/// Port security (ovn-nb(5), column port_security) lets a port send only from its MAC and addresses, and lets it speak in ARP and
/// neighbour discovery only of those. It does not look at what else a neighbour believes: answers of DHCP servers come from the
/// sender's own address. Those are dropped by rules on the switch, above all that a policy allows. No rule can drop router advertisements,
/// for northd lets neighbour discovery pass before any: the endpoint's own program does (bpf/programs/include/guard.h).
/// </remarks>
internal static class SpoofGuard
{
    // By the port of clients alone: they look at no other (RFC 2131 §4.1, RFC 8415 §7.2), so a server may answer from any.
    private const string DhcpAnswer = "((ip4 && udp.dst == 68) || (ip6 && udp.dst == 546))";

    /// <summary>
    /// The rules of a switch: only what is behind its router answers for DHCP. Two, because a port can only be matched positively
    /// (ovn-sb(5), level of measurement).
    /// </summary>
    internal static IEnumerable<DesiredRow> Rules(string subnet) =>
    [
        Rule(RowOwner.Subnet(subnet), "spoof guard", subnet, AclAction.Drop, DhcpAnswer),
        Rule(
            RowOwner.Subnet(subnet), "spoof guard but for the router", subnet, AclAction.AllowStateless,
            $"inport == \"{NorthboundNames.SwitchPortToRouter(subnet)}\" && {DhcpAnswer}"),
    ];

    /// <summary>The exception of a Nic.</summary>
    internal static IEnumerable<DesiredRow> Exceptions(Nic nic, string port) => nic.Spec.SpoofGuard && !nic.Spec.Serves.Contains(NicService.DHCP) ? [] :
    [
        Rule(
            RowOwner.Nic(new(nic.Metadata.Namespace, nic.Metadata.Name!)), "serves DHCP", nic.Spec.Subnet, AclAction.AllowStateless,
            $"inport == \"{port}\" && {DhcpAnswer}"),
    ];

    /// <summary>The sources that a port may send from; none means any.</summary>
    /// <param name="spec">What the Nic is allowed.</param>
    /// <param name="mac">Its MAC.</param>
    /// <param name="own">Its addresses.</param>
    internal static OvsdbSet<string> PortSecurity(NicSpec spec, MacAddress mac, ImmutableArray<IpAddress> own)
    {
        if (!spec.SpoofGuard)
        {
            return [];
        }

        var byMac = spec.AllowedAddresses.GroupBy(allowed => allowed.MacAddress ?? mac, allowed => TextOf(allowed.Address)).ToDictionary(group => group.Key);
        return
        [
            Entry(mac, [.. own.Select(address => address.ToString()), .. byMac.GetValueOrDefault(mac) ?? Enumerable.Empty<string>()]),
            .. byMac.Where(group => group.Key != mac).Select(group => Entry(group.Key, group.Value)),
        ];
    }

    /// <summary>Whether others find MACs behind the port that OVN is not told of, as of virtual routers and of nested guests.</summary>
    internal static bool HasUnknownMacs(NicSpec spec, MacAddress mac) => !spec.SpoofGuard || spec.AllowedAddresses.Any(allowed => allowed.MacAddress is { } other && other != mac);

    private static DesiredRow<Acl> Rule(RowOwner owner, string part, string subnet, AclAction action, string match) => new(
        RealizedTable.Acl,
        new(owner, part),
        new()
        {
            Direction = AclDirection.FromLport,
            Action = action,
            Match = match,
            Priority = action == AclAction.Drop ? RuleOrder.Guard : RuleOrder.Guard + 1,
        })
    {
        Parent = NorthboundNames.SwitchRow(subnet),
    };

    private static string Entry(MacAddress mac, IEnumerable<string> addresses) => string.Join(' ', [mac.ToString(), .. addresses.Distinct()]);

    private static string TextOf(IpPrefix prefix) => prefix.Length == prefix.Network.BitLength ? prefix.Network.ToString() : prefix.ToString();
}
