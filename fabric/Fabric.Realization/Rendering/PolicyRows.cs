using System.Collections.Immutable;
using Fabric.Policy.Model;
using Fabric.Resources;
using Ovs.Northbound;

namespace Fabric.Realization;

/// <summary>Policies as OVN's port groups and ACLs: ovn-nb(5), tables Port_Group and ACL.</summary>
/// <remarks>
/// A policy is one port group in each Vpc where it is for Nics, with one ACL for each of its rules, however many Nics there are. Whom its
/// rules speak of are port groups as well, for northd keeps the addresses of a group's ports in a set of the group's name, and
/// policies that speak of the same share one. So a Nic that comes, goes or is labelled otherwise is a port in some groups, and no ACL
/// changes. Each Vpc has its own, because another Vpc may use the same addresses.
/// </remarks>
internal static class PolicyRows
{
    // What northd accepts (ovn-nb(5), column name of ACL).
    private const int LongestName = 63;

    /// <summary>The rows of a policy.</summary>
    internal static ImmutableArray<DesiredRow> Of(CompiledPolicy policy, IEnumerable<string> vpcs) => [.. vpcs.SelectMany(vpc => Of(policy, vpc))];

    /// <summary>The port group of Nics that rules speak of.</summary>
    internal static ImmutableArray<DesiredRow> Of(PeerSelector peers, string vpc) =>
        [new DesiredRow<PortGroup>(RealizedTable.PortGroup, NorthboundNames.PeersGroupRow(peers, vpc).Identity, new() { Name = NorthboundNames.PeersGroup(peers, vpc) })];

    private static IEnumerable<DesiredRow> Of(CompiledPolicy policy, string vpc)
    {
        var name = NorthboundNames.PolicyGroup(policy.Id, vpc);
        yield return new DesiredRow<PortGroup>(RealizedTable.PortGroup, NorthboundNames.PolicyGroupRow(policy.Id, vpc).Identity, new() { Name = name });
        yield return Essentials(policy.Id, vpc, PolicyDirection.Ingress, $"outport == @{name} && {PolicyExpression.Discovery}");
        yield return Essentials(policy.Id, vpc, PolicyDirection.Egress, $"inport == @{name} && ({PolicyExpression.Discovery} || {PolicyExpression.AskingForAnAddress})");
        foreach (var rule in policy.Rules)
        {
            if (PolicyExpression.Of(rule, name, vpc) is { } match)
            {
                yield return Rule(policy.Id, vpc, rule, match);
            }
        }
    }

    /// <summary>What a port cannot do without, whatever is denied: northd lets it pass by itself only on some switches.</summary>
    private static DesiredRow<Acl> Essentials(PolicyId policy, string vpc, PolicyDirection direction, string match) => Row(
        policy, vpc, $"{(direction == PolicyDirection.Ingress ? "ingress" : "egress")} essentials",
        new() { Direction = DirectionOf(direction), Action = AclAction.AllowStateless, Match = match, Priority = RuleOrder.Essential });

    private static DesiredRow<Acl> Rule(PolicyId policy, string vpc, PolicyRule rule, string match) => Row(policy, vpc, rule.Part, new()
    {
        Direction = DirectionOf(rule.Direction),
        Action = rule.Action switch
        {
            SecurityAction.Allow => rule.IsStateless ? AclAction.AllowStateless : AclAction.AllowRelated,
            SecurityAction.Reject => AclAction.Reject,
            _ => AclAction.Drop,
        },
        Match = match,
        Priority = rule.Rank,
        Name = NameOf(policy, rule.Part),
        Log = rule.IsLogged,
        Severity = rule.IsLogged ? AclSeverity.Info : null,
    });

    private static DesiredRow<Acl> Row(PolicyId policy, string vpc, string part, Acl acl) =>
        new(RealizedTable.Acl, new(RowOwner.Policy(policy), $"{part} in {vpc}"), acl) { Parent = NorthboundNames.PolicyGroupRow(policy, vpc) };

    private static AclDirection DirectionOf(PolicyDirection direction) => direction == PolicyDirection.Ingress ? AclDirection.ToLport : AclDirection.FromLport;

    /// <summary>What ovn-controller's log calls it; the part, at the end, is what tells rules apart.</summary>
    private static string NameOf(PolicyId policy, string part)
    {
        var name = $"{(policy.Kind == PolicyKind.SecurityGroup ? "sg" : "np")} {policy.Key} {part}";
        return name.Length <= LongestName ? name : name[^LongestName..];
    }
}
