using Fabric.Policy.Model;
using Fabric.Resources;

namespace Fabric.Policy.Compiling;

/// <summary>Rules that name ports, as rules that number them.</summary>
/// <remarks>
/// A name may be another number at each pod. For each number there is, a rule is made for those alone that have it: the policy's own
/// Nics when they are connected to, the peers when the policy's Nics connect. Addresses have no names for ports.
/// </remarks>
public static class NamedPorts
{
    /// <summary>The policy without names of ports; itself when it has none.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="numbers">The numbers that a name stands for, at whatever pod.</param>
    public static CompiledPolicy Resolve(CompiledPolicy policy, Func<string, SecurityProtocol, IEnumerable<int>> numbers) =>
        policy.Rules.Any(HasNames) ? PolicyLimits.Within(policy with { Rules = [.. policy.Rules.SelectMany(rule => Resolve(policy, rule, numbers))] }) : policy;

    private static bool HasNames(PolicyRule rule) => rule.TrafficOrAll?.Any(traffic => traffic.PortName is not null) == true;

    private static IEnumerable<PolicyRule> Resolve(CompiledPolicy policy, PolicyRule rule, Func<string, SecurityProtocol, IEnumerable<int>> numbers)
    {
        if (!HasNames(rule))
        {
            return [rule];
        }

        var traffic = rule.TrafficOrAll!.Value;
        var numbered = traffic.Where(each => each.PortName is null).ToArray();
        return
        [
            .. numbered.Length > 0 ? [rule with { TrafficOrAll = [.. numbered] }] : (PolicyRule[])[],
            .. from each in traffic
               where each.PortName is not null
               from number in numbers(each.PortName!, each.Protocol).Distinct().Order()
               select Numbered(policy, rule, each, new(each.PortName!, each.Protocol, number)),
        ];
    }

    private static PolicyRule Numbered(CompiledPolicy policy, PolicyRule rule, TrafficMatch traffic, NamedPort port)
    {
        var resolved = rule with
        {
            Part = $"{rule.Part} {port}",
            TrafficOrAll = [traffic with { PortName = null, Ports = new(port.Number, port.Number) }],
        };
        return rule.Direction == PolicyDirection.Ingress
            ? resolved with { Subject = new PeerSelector { Namespace = policy.Id.Key.Namespace, Workloads = policy.Selector is { IsEmpty: false } ? policy.Selector : null, Port = port } }
            : resolved with
            {
                PeersOrAll = rule.PeersOrAll is { } peers
                    ? [.. peers.OfType<PolicyPeer.Nics>().Select(peer => (PolicyPeer)new PolicyPeer.Nics(peer.Selector with { Port = port }))]
                    : [new PolicyPeer.Nics(new PeerSelector { Port = port })],
            };
    }
}
