using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Evaluating;

/// <summary>Says what policies make of a connection, by reading their rules one after another.</summary>
/// <remarks>It is the plain meaning of the rules: what is rendered for OVN is compared with it.</remarks>
public sealed class PolicyEvaluator
{
    private readonly IReadOnlyDictionary<PolicyId, CompiledPolicy> _policies;

    /// <summary>An evaluator of these policies.</summary>
    public PolicyEvaluator(IEnumerable<CompiledPolicy> policies) => _policies = policies.ToDictionary(policy => policy.Id);

    /// <summary>The policies that are for a Nic, in order.</summary>
    public IEnumerable<CompiledPolicy> PoliciesOf(PolicyEndpoint nic) =>
        _policies.Values.Where(policy => policy.Selects(nic)).OrderBy(policy => policy.Id.Kind).ThenBy(policy => policy.Id.Key);

    /// <summary>What becomes of a connection.</summary>
    public Verdict Evaluate(Connection connection) => new(
        connection.From.Nic is { } from ? Decide(from, connection, PolicyDirection.Egress) : null,
        connection.To.Nic is { } to ? Decide(to, connection, PolicyDirection.Ingress) : null);

    private DecidingRule? Decide(PolicyEndpoint nic, Connection connection, PolicyDirection direction) =>
        (from policy in PoliciesOf(nic)
         from rule in policy.Rules
         where rule.Direction == direction && Matches(rule, connection, nic.Vpc)
         select new DecidingRule(policy.Id, rule)).MaxBy(each => each.Rule.Rank);

    private bool Matches(PolicyRule rule, Connection connection, string vpc)
    {
        var (subject, peer) = rule.Direction == PolicyDirection.Ingress ? (connection.To, connection.From) : (connection.From, connection.To);
        return (rule.Family == IpFamily.None || rule.Family == peer.Address.Family)
            && (rule.Subject is not { } only || only.Matches(subject.Nic!, FindGroup))
            && (rule.PeersOrAll is not { } peers || peers.Any(each => Matches(each, peer, vpc)))
            && (rule.TrafficOrAll is not { } traffic || traffic.Any(each => Matches(each, connection)));
    }

    private bool Matches(PolicyPeer peer, ConnectionEnd end, string vpc) => peer switch
    {
        PolicyPeer.Addresses addresses => addresses.Contains(end.Address),
        PolicyPeer.Nics nics => end.Nic is { } nic && nic.Vpc == vpc && nics.Selector.Matches(nic, FindGroup),
        _ => false,
    };

    private static bool Matches(TrafficMatch traffic, Connection connection) =>
        traffic.Protocol == connection.Protocol
        && (traffic.Family == IpFamily.None || traffic.Family == connection.To.Address.Family)
        && (traffic.IcmpType is not { } type || type == connection.IcmpType)
        && (traffic.IcmpCode is not { } code || code == connection.IcmpCode)
        && (traffic.Ports is not { } ports || ports.Contains(connection.Port))
        && (traffic.PortName is not { } name || connection.To.Nic?.NamedPorts.Contains(new NamedPort(name, traffic.Protocol, connection.Port)) == true);

    private CompiledPolicy? FindGroup(ObjectKey key) => _policies.GetValueOrDefault(new(PolicyKind.SecurityGroup, key));
}
