using Fabric.Policy.Compiling;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Validating;

/// <summary>What a SecurityGroup may say: pure, asked at admission and by its grain.</summary>
public static class SecurityGroupRules
{
    /// <summary>What is wrong with the group. Empty when nothing is.</summary>
    /// <returns><see cref="SecurityRuleUnusable"/> and <see cref="PolicyTooLarge"/>, each with its field.</returns>
    public static IReadOnlyList<Refusal> Validate(SecurityGroup group)
    {
        var refusals = new List<Refusal>(PolicyLimits.Check(SecurityGroupCompiler.Read(group)));
        Check(group.Spec.Ingress, "spec.ingress", refusals);
        Check(group.Spec.Egress, "spec.egress", refusals);
        if (group.Spec.Selector is { } selector)
        {
            refusals.AddRange(Check(selector, "spec.selector"));
        }

        return refusals;
    }

    /// <summary>What is wrong with a rule. Empty when nothing is.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="field">Its path.</param>
    public static IReadOnlyList<Refusal> Validate(SecurityRule rule, string field)
    {
        var refusals = new List<Refusal>();
        CheckTraffic(rule, field, refusals);
        for (var i = 0; i < rule.Peers.Count; i++)
        {
            CheckPeer(rule.Peers[i], rule.Family, $"{field}.peers[{i}]", refusals);
        }

        if (rule is { Stateless: true, Action: not SecurityAction.Allow })
        {
            refusals.Add(Unusable($"{field}.stateless", $"a rule that says {rule.Action} tracks nothing: leave it out."));
        }

        return refusals;
    }

    /// <summary>What is probably not meant, though it can be: rules that match everything there is.</summary>
    public static IReadOnlyList<string> Warn(SecurityGroup group) =>
    [
        .. Everything(group.Spec.Ingress, "spec.ingress"),
        .. Everything(group.Spec.Egress, "spec.egress"),
    ];

    private static IEnumerable<string> Everything(EquatableArray<SecurityRule> rules, string field) =>
        from each in rules.Select((rule, i) => (Rule: rule, Index: i))
        where each.Rule is { Peers.IsEmpty: true, Protocol: null, Family: null }
        select $"{field}[{each.Index}]: it names neither peers nor a protocol: it says {each.Rule.Action} for everything and everybody";

    private static void Check(EquatableArray<SecurityRule> rules, string field, List<Refusal> refusals)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            refusals.AddRange(Validate(rules[i], $"{field}[{i}]"));
        }
    }

    private static void CheckTraffic(SecurityRule rule, string field, List<Refusal> refusals)
    {
        var isIcmp = rule.Protocol is SecurityProtocol.ICMP or SecurityProtocol.ICMPv6;
        if (!rule.Ports.IsEmpty && (isIcmp || rule.Protocol is null))
        {
            refusals.Add(Unusable($"{field}.ports", "only TCP, UDP and SCTP have ports: say protocol, or leave the ports out."));
        }

        for (var i = 0; i < rule.Ports.Count; i++)
        {
            if (rule.Ports[i] is { EndPort: { } last, Port: var first } && last < first)
            {
                refusals.Add(Unusable($"{field}.ports[{i}].endPort", $"{last} is less than port, which is {first}: write the lower one in port."));
            }
        }

        if (rule.IcmpType is not null && !isIcmp)
        {
            refusals.Add(Unusable($"{field}.icmpType", "only ICMP and ICMPv6 have types: say protocol, or leave it out."));
        }

        if (rule is { IcmpCode: not null, IcmpType: null })
        {
            refusals.Add(Unusable($"{field}.icmpCode", "a code means nothing without its type: say icmpType."));
        }

        if ((rule.Protocol, rule.Family) is (SecurityProtocol.ICMP, SecurityFamily.IPv6) or (SecurityProtocol.ICMPv6, SecurityFamily.IPv4))
        {
            refusals.Add(Unusable($"{field}.family", $"{rule.Protocol} is not of {rule.Family}: leave it out."));
        }
    }

    private static void CheckPeer(SecurityPeer peer, SecurityFamily? family, string field, List<Refusal> refusals)
    {
        var ways = (peer.Cidr is null ? 0 : 1) + (peer.Group is null ? 0 : 1) + (peer.NamespaceSelector is null && peer.PodSelector is null ? 0 : 1);
        if (ways != 1)
        {
            refusals.Add(Unusable(field, ways == 0
                ? "it names nobody: say cidr, group, namespaceSelector or podSelector, or leave peers out for everybody."
                : "it says more than one of cidr, group and selectors: make a peer of each."));
            return;
        }

        if (peer.Cidr is null && !peer.Except.IsEmpty)
        {
            refusals.Add(Unusable($"{field}.except", "it takes parts out of cidr, and there is none: leave it out."));
        }

        if (peer.Cidr is { } cidr)
        {
            if (family is { } only && only != (cidr.IsV4 ? SecurityFamily.IPv4 : SecurityFamily.IPv6))
            {
                refusals.Add(Unusable($"{field}.cidr", $"{cidr} is not of the rule's family, {only}."));
            }

            for (var i = 0; i < peer.Except.Count; i++)
            {
                if (!cidr.Contains(peer.Except[i]))
                {
                    refusals.Add(Unusable($"{field}.except[{i}]", $"{peer.Except[i]} is not within {cidr}."));
                }
            }
        }

        refusals.AddRange(peer.NamespaceSelector is { } namespaces ? Check(namespaces, $"{field}.namespaceSelector") : []);
        refusals.AddRange(peer.PodSelector is { } pods ? Check(pods, $"{field}.podSelector") : []);
    }

    private static IEnumerable<Refusal> Check(LabelSelector selector, string field)
    {
        for (var i = 0; i < selector.MatchExpressions.Count; i++)
        {
            var requirement = selector.MatchExpressions[i];
            if ((requirement.Operator is LabelOperator.In or LabelOperator.NotIn) == requirement.Values.IsEmpty)
            {
                yield return Unusable(
                    $"{field}.matchExpressions[{i}].values", $"{requirement.Operator} {(requirement.Values.IsEmpty ? "needs values" : "takes no values")}.");
            }
        }
    }

    private static SecurityRuleUnusable Unusable(string field, string problem) => new(problem) { Field = field };
}

/// <summary>A rule cannot be meant so. An allowance is left out; a denial denies everything in its direction.</summary>
/// <param name="Problem">What is wrong and what to do.</param>
public sealed record SecurityRuleUnusable(string Problem) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SecurityRuleUnusable);

    /// <inheritdoc/>
    public override string Message => Problem;
}
