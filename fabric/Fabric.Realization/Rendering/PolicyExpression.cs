using Fabric.Policy.Compiling;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Realization;

/// <summary>Rules as OVN's match expressions: ovn-sb(5), table Logical_Flow, column match.</summary>
internal static class PolicyExpression
{
    /// <summary>Neighbour discovery and who listens to which group (RFC 4861, RFC 3810), which IPv6 is nothing without.</summary>
    internal const string Discovery = "(nd || nd_rs || nd_ra || mldv1 || mldv2)";

    /// <summary>DHCP and DHCPv6 requests, which OVN itself answers.</summary>
    internal const string AskingForAnAddress = "(ip4 && udp.src == 68 && udp.dst == 67) || (ip6 && udp.src == 546 && udp.dst == 547)";

    /// <summary>What matches a rule; null when nothing does.</summary>
    /// <param name="rule">The rule, without names of ports.</param>
    /// <param name="group">The policy's port group.</param>
    /// <param name="vpc">Its Vpc.</param>
    internal static string? Of(PolicyRule rule, string group, string vpc)
    {
        var port = rule.Direction == PolicyDirection.Ingress ? "outport" : "inport";
        var subject = rule.Subject is { } some ? $"{port} == @{group} && {port} == @{NorthboundNames.PeersGroup(some, vpc)}" : $"{port} == @{group}";
        return Peers(rule, vpc) is { } peers && Traffic(rule) is { } traffic
            ? string.Join(" && ", new[] { subject, peers, traffic }.Where(part => part.Length > 0))
            : null;
    }

    /// <summary>The other end; empty text when it says nothing.</summary>
    private static string? Peers(PolicyRule rule, string vpc)
    {
        IpFamily[] families = rule.Family == IpFamily.None ? [IpFamily.V4, IpFamily.V6] : [rule.Family];
        if (rule.PeersOrAll is null)
        {
            return rule.Family == IpFamily.None ? "ip" : Prefix(rule.Family);
        }

        var side = rule.Direction == PolicyDirection.Ingress ? "src" : "dst";
        var alternatives = families
            .Select(family => (Family: family, Values: rule.Peers.SelectMany(peer => Values(peer, family, vpc)).Distinct().ToArray()))
            .Where(each => each.Values.Length > 0)
            .Select(each => $"{Prefix(each.Family)}.{side} == {{{string.Join(", ", each.Values)}}}")
            .ToArray();
        return alternatives.Length switch
        {
            0 => null,
            1 => alternatives[0],
            _ => $"({string.Join(" || ", alternatives)})",
        };
    }

    private static IEnumerable<string> Values(PolicyPeer peer, IpFamily family, string vpc) => peer switch
    {
        PolicyPeer.Addresses addresses when addresses.Prefix.Family == family =>
            PrefixSubtraction.Subtract(addresses.Prefix, addresses.Except).Select(prefix => prefix.ToString()),
        // northd makes the set, empty if need be, of every port group (ovn-nb(5), table Port_Group).
        PolicyPeer.Nics nics => [$"${NorthboundNames.PeersGroup(nics.Selector, vpc)}_{Prefix(family)}"],
        _ => [],
    };

    private static string? Traffic(PolicyRule rule)
    {
        if (rule.TrafficOrAll is not { } traffic)
        {
            return "";
        }

        var alternatives = traffic.Where(each => each.PortName is null).Select(Of).Distinct().ToArray();
        return alternatives.Length switch
        {
            0 => null,
            1 => alternatives[0],
            _ => $"({string.Join(" || ", alternatives.Select(each => each.Contains(' ') ? $"({each})" : each))})",
        };
    }

    private static string Of(TrafficMatch traffic)
    {
        var protocol = traffic.Protocol switch
        {
            SecurityProtocol.TCP => "tcp",
            SecurityProtocol.UDP => "udp",
            SecurityProtocol.SCTP => "sctp",
            SecurityProtocol.ICMP => "icmp4",
            _ => "icmp6",
        };
        return (traffic.Ports, traffic.IcmpType, traffic.IcmpCode) switch
        {
            ({ } ports, _, _) when ports.First == ports.Last => $"{protocol}.dst == {ports.First}",
            ({ } ports, _, _) => $"{protocol}.dst >= {ports.First} && {protocol}.dst <= {ports.Last}",
            (_, { } type, { } code) => $"{protocol}.type == {type} && {protocol}.code == {code}",
            (_, { } type, _) => $"{protocol}.type == {type}",
            _ => protocol,
        };
    }

    private static string Prefix(IpFamily family) => family == IpFamily.V4 ? "ip4" : "ip6";
}
