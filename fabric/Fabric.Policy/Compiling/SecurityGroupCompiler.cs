using Fabric.Policy.Model;
using Fabric.Policy.Validating;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Compiling;

/// <summary>A SecurityGroup as rules.</summary>
public static class SecurityGroupCompiler
{
    /// <summary>
    /// The rules of a group. One that cannot be meant so is left out, which <see cref="SecurityGroupRules"/> says; one that would deny
    /// is taken for a denial of everything in its direction, so that a mistake never opens what was to be closed. Of too many rules
    /// <see cref="PolicyLimits"/> says which are in force.
    /// </summary>
    public static CompiledPolicy Compile(SecurityGroup group) => PolicyLimits.Within(Read(group));

    /// <summary>All of its rules, however many.</summary>
    internal static CompiledPolicy Read(SecurityGroup group)
    {
        var spec = group.Spec;
        var key = new ObjectKey(group.Metadata.Namespace, group.Metadata.Name!);
        return new()
        {
            Id = new(PolicyKind.SecurityGroup, key),
            Selector = spec.Selector,
            IsNamed = true,
            Rules =
            [
                .. Rules(spec, spec.Ingress, PolicyDirection.Ingress, key.Namespace!),
                .. Rules(spec, spec.Egress, PolicyDirection.Egress, key.Namespace!),
                Default(spec.Tier, spec.IngressDefault, PolicyDirection.Ingress),
                Default(spec.Tier, spec.EgressDefault, PolicyDirection.Egress),
            ],
        };
    }

    private static IEnumerable<PolicyRule> Rules(SecurityGroupSpec spec, EquatableArray<SecurityRule> rules, PolicyDirection direction, string ns)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = rules[i];
            var isUsable = SecurityGroupRules.Validate(rule, "").Count == 0;
            if (!isUsable && rule.Action == SecurityAction.Allow)
            {
                continue;
            }

            var bare = new PolicyRule
            {
                Part = $"{(direction == PolicyDirection.Ingress ? "ingress" : "egress")}[{i}]",
                Direction = direction,
                Rank = RuleOrder.Of(spec.Tier, Math.Clamp(rule.Priority ?? RuleOrder.UsualPriority, 0, 999), rule.Action),
                Action = rule.Action,
                IsLogged = rule.Log,
            };
            yield return !isUsable ? bare : bare with
            {
                Family = rule.Family switch { SecurityFamily.IPv4 => IpFamily.V4, SecurityFamily.IPv6 => IpFamily.V6, _ => IpFamily.None },
                PeersOrAll = rule.Peers.IsEmpty ? null : [.. rule.Peers.Select(peer => Peer(peer, ns))],
                TrafficOrAll = rule.Protocol is { } protocol ? [.. Traffic(rule, protocol)] : null,
                IsStateless = rule.Stateless,
            };
        }
    }

    private static IEnumerable<TrafficMatch> Traffic(SecurityRule rule, SecurityProtocol protocol) => rule.Ports.IsEmpty
        ? [new TrafficMatch(protocol) { IcmpType = rule.IcmpType, IcmpCode = rule.IcmpCode }]
        : rule.Ports.Select(port => new TrafficMatch(protocol) { Ports = new(port.Port, port.EndPort ?? port.Port) });

    private static PolicyPeer Peer(SecurityPeer peer, string ns) =>
        peer.Cidr is { } cidr ? new PolicyPeer.Addresses(cidr, peer.Except)
        : peer.Group is { } group ? new PolicyPeer.Nics(new PeerSelector { Group = new ObjectKey(group.Namespace ?? ns, group.Name) })
        : new PolicyPeer.Nics(PeerSelectors.Of(peer.NamespaceSelector, peer.PodSelector, ns));

    private static PolicyRule Default(SecurityTier tier, SecurityDefault what, PolicyDirection direction) => what == SecurityDefault.Deny
        ? DefaultRules.Deny(direction, tier)
        : DefaultRules.Pass(direction);
}
