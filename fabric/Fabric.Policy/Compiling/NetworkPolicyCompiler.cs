using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Policy.Compiling;

/// <summary>A Kubernetes NetworkPolicy as rules.</summary>
/// <remarks>
/// As the API's documentation has it: an empty list of peers or of ports and an absent one say the same, "all"; an empty selector
/// chooses everything; a namespace's selector beside a pod's chooses pods that both choose; a pod's alone is of the policy's
/// namespace. What cannot be read so, such as a range that ends before it begins, allows nothing, and neither does what is too much
/// (<see cref="PolicyLimits"/>).
/// </remarks>
public static class NetworkPolicyCompiler
{
    private const string Ingress = nameof(Ingress);
    private const string Egress = nameof(Egress);

    /// <summary>The rules of a policy.</summary>
    public static CompiledPolicy Compile(NetworkPolicy policy) => PolicyLimits.Within(Read(policy));

    /// <summary>All of its rules, however many.</summary>
    internal static CompiledPolicy Read(NetworkPolicy policy)
    {
        var spec = policy.Spec;
        var key = new ObjectKey(policy.Metadata.Namespace, policy.Metadata.Name!);
        var ingress = spec.PolicyTypes.IsEmpty || spec.PolicyTypes.Contains(Ingress);
        var egress = spec.PolicyTypes.IsEmpty ? !spec.Egress.IsEmpty : spec.PolicyTypes.Contains(Egress);
        return new()
        {
            Id = new(PolicyKind.NetworkPolicy, key),
            Selector = spec.PodSelector,
            Rules =
            [
                .. ingress ? spec.Ingress.Select((rule, i) => Rule(PolicyDirection.Ingress, i, rule.From, rule.Ports, key.Namespace!)) : [],
                .. egress ? spec.Egress.Select((rule, i) => Rule(PolicyDirection.Egress, i, rule.To, rule.Ports, key.Namespace!)) : [],
                ingress ? DefaultRules.Deny(PolicyDirection.Ingress, SecurityTier.Application) : DefaultRules.Pass(PolicyDirection.Ingress),
                egress ? DefaultRules.Deny(PolicyDirection.Egress, SecurityTier.Application) : DefaultRules.Pass(PolicyDirection.Egress),
            ],
        };
    }

    private static PolicyRule Rule(
        PolicyDirection direction, int index, EquatableArray<NetworkPolicyPeer> peers, EquatableArray<NetworkPolicyPort> ports, string ns) => new()
    {
        Part = $"{(direction == PolicyDirection.Ingress ? "ingress" : "egress")}[{index}]",
        Direction = direction,
        Rank = RuleOrder.Of(SecurityTier.Application, RuleOrder.UsualPriority, SecurityAction.Allow),
        Action = SecurityAction.Allow,
        PeersOrAll = peers.IsEmpty ? null : [.. peers.Select(peer => Peer(peer, ns)).OfType<PolicyPeer>()],
        TrafficOrAll = ports.IsEmpty ? null : [.. ports.Select(Traffic).OfType<TrafficMatch>()],
    };

    private static PolicyPeer? Peer(NetworkPolicyPeer peer, string ns) =>
        peer.IpBlock is { } block ? new PolicyPeer.Addresses(block.Cidr.Prefix, [.. block.Except.Select(except => except.Prefix)])
        : peer.PodSelector is null && peer.NamespaceSelector is null ? null
        : new PolicyPeer.Nics(PeerSelectors.Of(peer.NamespaceSelector, peer.PodSelector, ns));

    private static TrafficMatch? Traffic(NetworkPolicyPort port)
    {
        SecurityProtocol? protocol = port.Protocol switch
        {
            null or "" or "TCP" => SecurityProtocol.TCP,
            "UDP" => SecurityProtocol.UDP,
            "SCTP" => SecurityProtocol.SCTP,
            _ => null,
        };
        return protocol is not { } known ? null : port.Port switch
        {
            null => new(known),
            { Name: { } name } => new(known) { PortName = name },
            { Number: var first } when first is >= 1 and <= 65535 && (port.EndPort ?? first) is var last && last >= first && last <= 65535 =>
                new(known) { Ports = new(first, last) },
            _ => null,
        };
    }
}
