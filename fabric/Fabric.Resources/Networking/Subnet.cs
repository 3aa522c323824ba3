using System.Text.Json.Serialization;
using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// A range of addresses that is one layer-2 segment over all nodes, routed to the other subnets of its Vpc.
/// </summary>
[CustomResource("subnets", Scope.Cluster, ShortNames = "sn", Category = "fabric")]
[PrinterColumn("Vpc", "string", ".spec.vpc")]
[PrinterColumn("IPv4", "string", ".spec.ipv4.cidr")]
[PrinterColumn("IPv6", "string", ".spec.ipv6.cidr")]
[PrinterColumn("Used", "integer", ".status.used")]
[PrinterColumn("Free", "integer", ".status.free")]
[PrinterColumn("Gateway", "string", ".status.ipv4.gateway", Priority = 1)]
[PrinterColumn("Gateway6", "string", ".status.ipv6.gateway", Priority = 1)]
[PrinterColumn("Private", "boolean", ".spec.private", Priority = 1)]
[PrinterColumn("Default", "boolean", ".spec.default", Priority = 1)]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason", Priority = 1)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed record Subnet : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(Subnet); } = nameof(Subnet);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What the user asks for.</summary>
    public required SubnetSpec Spec { get; init; }

    /// <summary>What is so; written by Fabric.</summary>
    public SubnetStatus? Status { get; init; }

    /// <summary>What the logical switch of a Subnet is called in OVN, where the nodes find it as well.</summary>
    public static string SwitchOf(string subnet) => $"subnet.{subnet}";
}

/// <summary>What a user asks of a subnet.</summary>
public sealed record SubnetSpec
{
    /// <summary>The Vpc the subnet is routed in. It cannot be changed.</summary>
    [Default("default"), Immutable, MinLength(1), MaxLength(63)]
    public string Vpc { get; init => field = value ?? Fabric.Resources.Vpc.DefaultName; } = Fabric.Resources.Vpc.DefaultName;

    /// <summary>
    /// The IPv4 range, /8 to /30, and what is special in it. A subnet has this or <c>ipv6</c>, or both (dual stack: every
    /// Nic gets an address of each). One of two can be taken away while nobody has an address of it.
    /// </summary>
    public SubnetRange? Ipv4 { get; init; }

    /// <summary>The IPv6 range, /48 to /126, and what is special in it.</summary>
    public SubnetRange? Ipv6 { get; init; }

    /// <summary>
    /// The largest IP packet in bytes, 576 to 9000. When absent, what the nodes' underlay leaves after Geneve's
    /// 58 bytes with OVN's option: 1442 on an underlay of 1500.
    /// </summary>
    [Minimum(576), Maximum(9000)]
    public int? Mtu { get; init; }

    /// <summary>How guests and pods are told their address by DHCP.</summary>
    public DhcpSpec Dhcp { get; init => field = value ?? new(); } = new();

    /// <summary>The namespaces whose workloads may use this subnet; all when empty.</summary>
    [EachName]
    public EquatableArray<string> Namespaces { get; init; }

    /// <summary>Whether workloads that name no subnet are put here. At most one subnet is the default.</summary>
    [Default(false)]
    public bool Default { get; init; }

    /// <summary>
    /// The namespaces whose workloads are put here when they name no subnet; this goes before <c>default</c>. A namespace is
    /// named by one subnet at most.
    /// </summary>
    [MaxItems(1024), EachName]
    public EquatableArray<string> DefaultFor { get; init; }

    /// <summary>Whether the subnet is isolated: no packets to or from other subnets but those of <c>allowSubnets</c>.</summary>
    [Default(false)]
    public bool Private { get; init; }

    /// <summary>The subnets of the same Vpc that a private subnet exchanges packets with, in both directions.</summary>
    [MaxItems(64), EachName(MaxLength = 253)]
    public EquatableArray<string> AllowSubnets { get; init; }

    /// <summary>The QosPolicy of all Nics in the subnet that name none and that none selects; each Nic is limited by itself, not their sum.</summary>
    [MinLength(1), MaxLength(253)]
    public string? QosPolicy { get; init; }

    /// <summary>
    /// The QosPolicy that holds the sum of the subnet's Nics on each node, whatever else each of them is held to; those that want more
    /// than there is get equal parts. Only its <c>ingress</c> and <c>egress</c> count. What the Nics of a node send each other counts too.
    /// </summary>
    [MinLength(1), MaxLength(253)]
    public string? SumQosPolicy { get; init; }

    /// <summary>
    /// Whether established flows may pass Open vSwitch by on nodes that have a fast path. What may pass is OVN's to say either
    /// way; turned off, every packet of the subnet is seen by it.
    /// </summary>
    [Default(true)]
    public bool FastPath { get; set; } = true;

    /// <summary>The ranges there are, IPv4 first.</summary>
    [JsonIgnore]
    public EquatableArray<SubnetRange> Ranges => [.. new[] { Ipv4, Ipv6 }.OfType<SubnetRange>()];

    /// <summary>The range of a family, or null.</summary>
    public SubnetRange? RangeOf(IpFamily family) => family == IpFamily.V4 ? Ipv4 : family == IpFamily.V6 ? Ipv6 : null;
}

/// <summary>The addresses of one family in a subnet.</summary>
public sealed record SubnetRange
{
    /// <summary>
    /// The range as network and prefix length, such as <c>10.20.0.0/24</c> or <c>fd20::/64</c>: no host bits set, no overlap
    /// with another subnet of the Vpc. It may grow; it may shrink as long as every address in use stays in it.
    /// </summary>
    public required IpPrefix Cidr { get; init; }

    /// <summary>The router's address in the range; the first usable one when absent. Named, it stays when the range grows downwards.</summary>
    public IpAddress? Gateway { get; init; }

    /// <summary>
    /// Addresses that are never given out: single ones or ranges such as <c>10.20.0.2-10.20.0.9</c>.
    /// </summary>
    [MaxItems(256)]
    public EquatableArray<IpRange> Exclude { get; init; }

    /// <summary>The gateway in force: the one asked for, or the first usable address.</summary>
    [JsonIgnore]
    public IpAddress GatewayInForce => Gateway ?? Cidr.First.Next();
}

/// <summary>DHCP in a subnet, answered by OVN on the node itself (RFC 2131; RFC 8415 stateful for IPv6, announced by RFC 4861).</summary>
public sealed record DhcpSpec
{
    /// <summary>Whether DHCP is answered.</summary>
    [Default(true)]
    public bool Enabled { get; set; } = true;

    /// <summary>The lease time in seconds, 60 to 2592000 (thirty days). Addresses stay the same; only the guest renews.</summary>
    [Default(86400), Minimum(60), Maximum(2592000)]
    public int LeaseSeconds { get; init => field = value == 0 ? 86400 : value; } = 86400;

    /// <summary>The name servers told to guests (options 6 and, for IPv6, 23) and to pods, at most three, of the subnet's families.</summary>
    [MaxItems(3)]
    public EquatableArray<IpAddress> DnsServers { get; init; }

    /// <summary>The domain told to guests (option 15): lower-case labels joined by dots, such as <c>shop.example</c>.</summary>
    [MaxLength(253), Pattern(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    public string? Domain { get; init; }

    /// <summary>
    /// IPv4 routes told to guests beside the default one (option 121, RFC 3442). A next hop is in the subnet.
    /// </summary>
    [MaxItems(32)]
    public EquatableArray<DhcpRoute> Routes { get; init; }
}

/// <summary>A route told to guests.</summary>
public sealed record DhcpRoute
{
    /// <summary>Where it leads: an IPv4 network such as <c>192.168.0.0/16</c>.</summary>
    public required IpPrefix Destination { get; init; }

    /// <summary>The router: an address in the subnet.</summary>
    public required IpAddress NextHop { get; init; }
}

/// <summary>What is so of a subnet.</summary>
public sealed record SubnetStatus
{
    /// <summary>The generation this status answers.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>How many addresses of the scarcer family are taken.</summary>
    public long Used { get; init; }

    /// <summary>How many more Nics find addresses: what is left of the scarcer family.</summary>
    public long Free { get; init; }

    /// <summary>What is so of the IPv4 range.</summary>
    public SubnetRangeStatus? Ipv4 { get; init; }

    /// <summary>What is so of the IPv6 range.</summary>
    public SubnetRangeStatus? Ipv6 { get; init; }

    /// <summary>The name of the OVN logical switch.</summary>
    public string? Switch { get; init; }

    /// <summary>Ready, and why not.</summary>
    [ListMapKey("type")]
    public EquatableArray<Condition> Conditions { get; init; }
}

/// <summary>What is so of the addresses of one family in a subnet.</summary>
public sealed record SubnetRangeStatus
{
    /// <summary>The gateway in force.</summary>
    public required IpAddress Gateway { get; init; }

    /// <summary>How many addresses can be given out in all; 2^63-1 stands for all larger numbers.</summary>
    public long Capacity { get; init; }

    /// <summary>How many are taken, by Nics and StaticIPs.</summary>
    public long Used { get; init; }

    /// <summary>How many are left, those of IPPools among them; 2^63-1 stands for all larger numbers.</summary>
    public long Free { get; init; }
}
