using Fabric.Primitives;
using Fabric.Resources;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>What keeps a private subnet to itself: rules on its switch, ovn-nb(5), table ACL.</summary>
/// <remarks>
/// Source and destination are judged on the way in, so that two private subnets exchange packets only when each lists the other. That
/// is done in the second of the switch's stages (<c>apply-after-lb</c>), where no policy has rules: what one allows in the first stage
/// or on the way out still has to pass here. No rule needs connection tracking. A subnet that is allowed is known by its address set, which it
/// keeps itself: when its ranges change, nothing changes here.
/// </remarks>
internal static class Isolation
{
    private const long AllowPriority = 1001;
    private const long DropPriority = 1000;

    /// <summary>The addresses of a subnet, for the rules of others.</summary>
    internal static IEnumerable<DesiredRow> AddressSets(SubnetSpec spec, string name) => spec.Ranges.Select(range => new DesiredRow<AddressSet>(
        RealizedTable.AddressSet,
        NorthboundNames.AddressSetRow(spec.Vpc, name, range.Cidr.Family).Identity,
        new() { Name = NorthboundNames.AddressSet(name, range.Cidr.Family), Addresses = [range.Cidr.ToString()] }));

    /// <summary>The rules of a private subnet; none for another.</summary>
    internal static IEnumerable<DesiredRow> Rules(SubnetSpec spec, string name) => !spec.Private ? [] :
    [
        Rule(name, "drop", AclAction.Drop, "ip"),
        .. spec.Ranges.Select(range => AllowRule(spec, name, range.Cidr)),
    ];

    /// <summary>
    /// Packets of a family between the subnet, its router among it, and itself or those that are allowed. While one is not there, or not in
    /// the Vpc, or without addresses of the family, it has no such set, and is not spoken of.
    /// </summary>
    private static DesiredRow<Acl> AllowRule(SubnetSpec spec, string name, IpPrefix cidr)
    {
        var row = Rule(name, Text(cidr.Family), AclAction.Allow, Match(cidr));
        return row with
        {
            Links =
            [
                .. from other in spec.AllowSubnets.Distinct()
                   let set = $", ${NorthboundNames.AddressSet(other, cidr.Family)}"
                   select new RowLink<Acl>(
                       NorthboundNames.AddressSetRow(spec.Vpc, other, cidr.Family),
                       (acl, found) => found is null ? acl : acl with { Match = acl.Match.Replace("}", $"{set}}}", StringComparison.Ordinal) }),
            ],
        };
    }

    /// <summary>
    /// Beside the subnet's own, what never leaves a segment: broadcast, multicast and link-local destinations; unspecified and
    /// link-local sources, as of a host that has no address yet.
    /// </summary>
    private static string Match(IpPrefix cidr) => cidr.Family == IpFamily.V4
        ? $"ip4.src == {{{cidr}, 0.0.0.0}} && ip4.dst == {{{cidr}, 224.0.0.0/4, 255.255.255.255}}"
        : $"ip6.src == {{{cidr}, fe80::/10, ::}} && ip6.dst == {{{cidr}, fe80::/10, ff00::/8}}";

    private static DesiredRow<Acl> Rule(string name, string part, AclAction action, string match) => new(
        RealizedTable.Acl,
        new(RowOwner.Subnet(name), $"isolation {part}"),
        new()
        {
            Direction = AclDirection.FromLport,
            Action = action,
            Match = match,
            Priority = action == AclAction.Drop ? DropPriority : AllowPriority,
            Options = OvsdbMap.Of(("apply-after-lb", "true")),
        })
    {
        Parent = NorthboundNames.SwitchRow(name),
    };

    private static string Text(IpFamily family) => family == IpFamily.V4 ? "ip4" : "ip6";
}
