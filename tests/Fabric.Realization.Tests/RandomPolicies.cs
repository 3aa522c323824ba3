using Fabric.Policy.Compiling;
using Fabric.Policy.Evaluating;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Realization.Tests;

/// <summary>Nics, SecurityGroups, NetworkPolicies and connections, made of a seed.</summary>
public sealed class RandomPolicies(int seed)
{
    private static readonly string[] Namespaces = ["shop", "bank", "post"];
    private static readonly string[] Values = ["a", "b", "c"];
    private static readonly int[] Ports = [22, 53, 80, 443, 8080];

    private const int EchoRequest = 8;
    private const int TimestampRequest = 13;
    private const int EchoRequest6 = 128;

    private readonly Random _random = new(seed);

    /// <summary>Whether some rules track nothing: then answers have no way back, which only a first packet does not need.</summary>
    public bool WithStateless { get; init; }

    public IReadOnlyList<PolicyEndpoint> Nics(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new PolicyEndpoint
        {
            Nic = new(Pick(Namespaces), $"n{i}"),
            Vpc = "v",
            Labels = Labels(),
            NamespaceLabels = [],
            SecurityGroups = Chance(3) ? [$"g{_random.Next(4)}"] : [],
            // Two subnets, so that some pairs are routed.
            Addresses = [IpAddress.Parse($"10.0.{1 + (i % 2)}.{10 + i}"), IpAddress.Parse($"fd00:{1 + (i % 2)}::{10 + i}")],
            NamedPorts = Chance(2) ? [new("web", SecurityProtocol.TCP, Pick(Ports)), new("dns", SecurityProtocol.UDP, Pick(Ports))] : [],
        }).Select(nic => nic with { NamespaceLabels = [KeyValuePair.Create("ns", nic.Nic.Namespace!), KeyValuePair.Create("n", nic.Nic.Namespace == "post" ? "a" : "b")] }),
    ];

    public IEnumerable<CompiledPolicy> Policies(int groups, int policies)
    {
        for (var i = 0; i < groups; i++)
        {
            yield return SecurityGroupCompiler.Compile(Group(new() { Namespace = Pick(Namespaces), Name = $"g{i}" }));
        }

        for (var i = 0; i < policies; i++)
        {
            yield return NetworkPolicyCompiler.Compile(NetworkPolicy(new() { Namespace = Pick(Namespaces), Name = $"p{i}" }));
        }
    }

    public Connection Connect(IReadOnlyList<PolicyEndpoint> nics)
    {
        var from = _random.Next(nics.Count);
        var to = (from + 1 + _random.Next(nics.Count - 1)) % nics.Count;
        var family = _random.Next(2);
        var protocol = Pick(SecurityProtocol.TCP, SecurityProtocol.TCP, SecurityProtocol.UDP, SecurityProtocol.SCTP, family == 0 ? SecurityProtocol.ICMP : SecurityProtocol.ICMPv6);
        var isIcmp = protocol is SecurityProtocol.ICMP or SecurityProtocol.ICMPv6;
        return new(new(nics[from].Addresses[family], nics[from]), new(nics[to].Addresses[family], nics[to]), protocol)
        {
            Port = isIcmp ? 0 : Chance(2) && nics[to].NamedPorts.Count > 0 ? nics[to].NamedPorts[0].Number : Pick(Ports),
            // Those by which something is asked: OVS tracks no others as new.
            IcmpType = !isIcmp ? 0 : family == 0 ? Pick(EchoRequest, EchoRequest, TimestampRequest) : EchoRequest6,
        };
    }

    private SecurityGroup Group(ObjectMeta meta) => new()
    {
        Metadata = meta,
        Spec = new()
        {
            Selector = Chance(2) ? Selector() : null,
            Tier = Pick(SecurityTier.Admin, SecurityTier.Application, SecurityTier.Application, SecurityTier.Baseline),
            IngressDefault = Pick(SecurityDefault.Deny, SecurityDefault.Pass),
            EgressDefault = Pick(SecurityDefault.Deny, SecurityDefault.Pass, SecurityDefault.Pass),
            Ingress = [.. Many(4, Rule)],
            Egress = [.. Many(3, Rule)],
        },
    };

    private SecurityRule Rule()
    {
        SecurityProtocol? protocol = Chance(4) ? null : Pick(SecurityProtocol.TCP, SecurityProtocol.UDP, SecurityProtocol.SCTP, SecurityProtocol.ICMP, SecurityProtocol.ICMPv6);
        var isIcmp = protocol is SecurityProtocol.ICMP or SecurityProtocol.ICMPv6;
        var family = Chance(6) && !isIcmp ? Pick(SecurityFamily.IPv4, SecurityFamily.IPv6) : (SecurityFamily?)null;
        int? type = isIcmp && !Chance(3) ? Pick(EchoRequest, TimestampRequest, EchoRequest6) : null;
        var action = Pick(SecurityAction.Allow, SecurityAction.Allow, SecurityAction.Deny, SecurityAction.Reject);
        return new()
        {
            Action = action,
            Stateless = action == SecurityAction.Allow && WithStateless && Chance(4),
            Priority = Chance(2) ? _random.Next(1000) : null,
            Protocol = protocol,
            Ports = protocol is null || isIcmp || Chance(3) ? [] : [.. Many(2, Port), Port()],
            IcmpType = type,
            IcmpCode = type is not null && Chance(2) ? Pick(0, 0, 1) : null,
            Family = family,
            Peers = Chance(4) ? [] : [.. Many(2, () => Peer(family)), Peer(family)],
        };
    }

    private SecurityPort Port() => Chance(2) ? new() { Port = Pick(Ports) } : new() { Port = Pick(1, 50, 80), EndPort = Pick(80, 443, 65535) };

    private SecurityPeer Peer(SecurityFamily? family) => _random.Next(4) switch
    {
        0 when family is null => Block() is var (cidr, except) ? new() { Cidr = cidr, Except = [.. except] } : new(),
        1 => new() { Group = new() { Name = $"g{_random.Next(4)}", Namespace = Pick(Namespaces) } },
        2 => new() { NamespaceSelector = NamespaceSelector(), PodSelector = Chance(2) ? Selector() : null },
        _ => new() { PodSelector = Selector() },
    };

    private NetworkPolicy NetworkPolicy(ObjectMeta meta) => new()
    {
        Metadata = meta,
        Spec = new()
        {
            PodSelector = Selector(),
            PolicyTypes = Pick<EquatableArray<string>>([], ["Ingress"], ["Egress"], ["Ingress", "Egress"]),
            Ingress = [.. Many(3, () => new NetworkPolicyIngressRule { From = [.. Many(3, PolicyPeer)], Ports = [.. Many(3, PolicyPort)] })],
            Egress = [.. Many(2, () => new NetworkPolicyEgressRule { To = [.. Many(3, PolicyPeer)], Ports = [.. Many(3, PolicyPort)] })],
        },
    };

    private NetworkPolicyPeer PolicyPeer() => _random.Next(3) switch
    {
        0 => Block() is var (cidr, except)
            ? new() { IpBlock = new() { Cidr = IpInterfaceAddress.Parse(cidr.ToString()), Except = [.. except.Select(each => IpInterfaceAddress.Parse(each.ToString()))] } }
            : new(),
        1 => new() { NamespaceSelector = NamespaceSelector(), PodSelector = Chance(2) ? Selector() : null },
        _ => new() { PodSelector = Selector() },
    };

    private NetworkPolicyPort PolicyPort() => new()
    {
        Protocol = Pick("TCP", "UDP", "SCTP", null),
        Port = _random.Next(4) switch { 0 => null, 1 => IntOrString.Of(Pick("web", "dns")), _ => IntOrString.Of(Pick(Ports)) },
    };

    private (IpPrefix Cidr, IpPrefix[] Except) Block() => Chance(2)
        ? (IpPrefix.Parse($"10.0.{_random.Next(1, 3)}.0/24"), [.. Many(2, () => IpPrefix.Containing(IpAddress.Parse($"10.0.1.{10 + _random.Next(12)}"), 32))])
        : Chance(2) ? (IpPrefix.Parse("0.0.0.0/0"), [.. Many(2, () => IpPrefix.Parse($"10.0.{_random.Next(1, 3)}.0/24"))])
        : (IpPrefix.Parse(Pick("fd00:1::/64", "::/0")), [.. Many(1, () => IpPrefix.Parse("fd00:1::10/124"))]);

    private LabelSelector Selector() => _random.Next(4) switch
    {
        0 => new(),
        1 => new() { MatchLabels = [KeyValuePair.Create("app", Pick(Values))] },
        2 => new() { MatchExpressions = [new() { Key = "app", Operator = Pick(LabelOperator.In, LabelOperator.NotIn), Values = [.. Many(2, () => Pick(Values)), Pick(Values)] }] },
        _ => new() { MatchExpressions = [new() { Key = "tier", Operator = Pick(LabelOperator.Exists, LabelOperator.DoesNotExist) }] },
    };

    private LabelSelector NamespaceSelector() => _random.Next(3) switch
    {
        0 => new(),
        1 => new() { MatchLabels = [KeyValuePair.Create("ns", Pick(Namespaces))] },
        _ => new() { MatchLabels = [KeyValuePair.Create("n", Pick("a", "b"))] },
    };

    private EquatableMap<string, string> Labels() =>
        Chance(2) ? [KeyValuePair.Create("app", Pick(Values))] : [KeyValuePair.Create("app", Pick(Values)), KeyValuePair.Create("tier", "x")];

    private IEnumerable<T> Many<T>(int most, Func<T> make) => [.. Enumerable.Range(0, _random.Next(most + 1)).Select(_ => make())];

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T Pick<T>(params ReadOnlySpan<T> values) => values[_random.Next(values.Length)];
}
