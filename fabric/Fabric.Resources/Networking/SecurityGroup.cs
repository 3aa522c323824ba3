using System.Text.Json.Serialization;
using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// What may pass to and from the Nics that are bound to it. A Nic is bound by naming the group
/// (<c>fabric.vmnet.io/security-groups</c>, or <c>spec.securityGroups</c> of the Nic) or by the group's selector. Of all rules of
/// a Nic's groups and NetworkPolicies that match a connection the one decides that goes first: by tier, then by priority, and at
/// equal priority a denial before an allowance. A connection that no rule matches is denied when one of them says so by its default.
/// </summary>
[CustomResource("securitygroups", Scope.Namespaced, ShortNames = "sg", Category = "fabric")]
[PrinterColumn("Tier", "string", ".spec.tier")]
[PrinterColumn("Rules", "integer", ".status.rules")]
[PrinterColumn("Nics", "integer", ".status.nics")]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason", Priority = 1)]
[PrinterColumn("Message", "string", ".status.conditions[?(@.type==\"Ready\")].message", Priority = 1)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed record SecurityGroup : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(SecurityGroup); } = nameof(SecurityGroup);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The rules, and whom they are for.</summary>
    public required SecurityGroupSpec Spec { get; init; }

    /// <summary>What is so; written by Fabric.</summary>
    public SecurityGroupStatus? Status { get; init; }
}

/// <summary>The rules of a SecurityGroup, and whom they are for.</summary>
public sealed record SecurityGroupSpec
{
    /// <summary>
    /// The VMs and pods of this namespace that are bound beside those that name the group, by their labels; the labels of a VM's
    /// template count. All of the namespace when it is empty, none when it is absent.
    /// </summary>
    public LabelSelector? Selector { get; init; }

    /// <summary>Whether its rules go before those of NetworkPolicies, among them, or after.</summary>
    [Default("Application")]
    public SecurityTier Tier { get; set; } = SecurityTier.Application;

    /// <summary>What becomes of connections towards the VM that no rule of the tier matches.</summary>
    [Default("Deny")]
    public SecurityDefault IngressDefault { get; set; } = SecurityDefault.Deny;

    /// <summary>What becomes of connections from the VM that no rule of the tier matches.</summary>
    [Default("Pass")]
    public SecurityDefault EgressDefault { get; set; } = SecurityDefault.Pass;

    /// <summary>Rules for connections towards the VM, whose peers are the senders.</summary>
    [MaxItems(1000)]
    public EquatableArray<SecurityRule> Ingress { get; init; }

    /// <summary>Rules for connections from the VM, whose peers are the receivers.</summary>
    [MaxItems(1000)]
    public EquatableArray<SecurityRule> Egress { get; init; }
}

/// <summary>When the rules of a group are asked.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SecurityTier>))]
public enum SecurityTier
{
    /// <summary>Before NetworkPolicies: what an administrator demands. A default of <c>Deny</c> closes everything below it.</summary>
    Admin = 0,

    /// <summary>Together with NetworkPolicies.</summary>
    Application = 1,

    /// <summary>After NetworkPolicies: what holds where nothing else is said.</summary>
    Baseline = 2,
}

/// <summary>What becomes of a connection that no rule matches.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SecurityDefault>))]
public enum SecurityDefault
{
    /// <summary>It is dropped.</summary>
    Deny = 0,

    /// <summary>The group says nothing of it: it passes unless another group or NetworkPolicy denies it.</summary>
    Pass = 1,
}

/// <summary>What a rule does.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SecurityAction>))]
public enum SecurityAction
{
    /// <summary>The connection passes, and its answers with it.</summary>
    Allow = 0,

    /// <summary>It is dropped.</summary>
    Deny = 1,

    /// <summary>It is dropped, and the sender is told by a TCP reset or an ICMP message.</summary>
    Reject = 2,
}

/// <summary>What a rule is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SecurityProtocol>))]
public enum SecurityProtocol
{
    /// <summary>TCP.</summary>
    TCP = 0,

    /// <summary>UDP.</summary>
    UDP = 1,

    /// <summary>SCTP.</summary>
    SCTP = 2,

    /// <summary>ICMP of IPv4 (RFC 792).</summary>
    ICMP = 3,

    /// <summary>ICMPv6 (RFC 4443). Neighbour discovery (RFC 4861) always passes, and no rule concerns it.</summary>
    ICMPv6 = 4,
}

/// <summary>A family of addresses.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SecurityFamily>))]
public enum SecurityFamily
{
    /// <summary>IPv4.</summary>
    IPv4 = 0,

    /// <summary>IPv6.</summary>
    IPv6 = 1,
}

/// <summary>A rule of a SecurityGroup. All that it says must hold of a connection; what is absent holds of every one.</summary>
public sealed record SecurityRule
{
    /// <summary>What is done.</summary>
    [Default("Allow")]
    public SecurityAction Action { get; init; }

    /// <summary>Which rule of the tier goes first: the lower, 0 to 999; 500 when absent, where the rules of NetworkPolicies are.</summary>
    [Minimum(0), Maximum(999)]
    public int? Priority { get; init; }

    /// <summary>The protocol; any when absent.</summary>
    public SecurityProtocol? Protocol { get; init; }

    /// <summary>The ports connected to, for TCP, UDP and SCTP.</summary>
    [MaxItems(64)]
    public EquatableArray<SecurityPort> Ports { get; init; }

    /// <summary>The ICMP type, 0 to 255, for ICMP and ICMPv6.</summary>
    [Minimum(0), Maximum(255)]
    public int? IcmpType { get; init; }

    /// <summary>The ICMP code, 0 to 255, beside a type.</summary>
    [Minimum(0), Maximum(255)]
    public int? IcmpCode { get; init; }

    /// <summary>The family; both when absent.</summary>
    public SecurityFamily? Family { get; init; }

    /// <summary>The other ends, any of them; everybody when absent.</summary>
    [MaxItems(64)]
    public EquatableArray<SecurityPeer> Peers { get; init; }

    /// <summary>
    /// That connections are not tracked, which saves work for what answers nothing: answers need a rule of their own. Only with
    /// <c>Allow</c>.
    /// </summary>
    public bool Stateless { get; init; }

    /// <summary>
    /// That ovn-controller on the Nic's node logs packets that the rule decides, each as a line with <c>acl_log</c> and the name
    /// <c>sg NAMESPACE/NAME</c> with the rule's place. Those of fast flows it does not see: log in a Subnet with <c>fastPath: false</c>.
    /// </summary>
    public bool Log { get; init; }
}

/// <summary>A port or a range of ports.</summary>
public sealed record SecurityPort
{
    /// <summary>The port, or the first of a range, 1 to 65535.</summary>
    [Minimum(1), Maximum(65535)]
    public required int Port { get; init; }

    /// <summary>The last port of the range, not less than the first; only the one when absent.</summary>
    [Minimum(1), Maximum(65535)]
    public int? EndPort { get; init; }
}

/// <summary>The other end of a connection: one of <c>cidr</c>, <c>group</c>, and the two selectors, which may be said together.</summary>
public sealed record SecurityPeer
{
    /// <summary>Addresses, whoever has them.</summary>
    public IpPrefix? Cidr { get; init; }

    /// <summary>Parts of <c>cidr</c> that are not meant.</summary>
    [MaxItems(64)]
    public EquatableArray<IpPrefix> Except { get; init; }

    /// <summary>The Nics that are bound to a group.</summary>
    public SecurityGroupReference? Group { get; init; }

    /// <summary>Namespaces by their labels: all their VMs and pods, or those of <c>podSelector</c>. All when it is empty.</summary>
    public LabelSelector? NamespaceSelector { get; init; }

    /// <summary>VMs and pods by their labels, of this namespace unless <c>namespaceSelector</c> is there. All when it is empty.</summary>
    public LabelSelector? PodSelector { get; init; }
}

/// <summary>A SecurityGroup by name.</summary>
public sealed record SecurityGroupReference
{
    /// <summary>Its name. It need not exist: then it stands for nobody.</summary>
    [MinLength(1), MaxLength(253)]
    public required string Name { get; init; }

    /// <summary>Its namespace; this one when absent.</summary>
    [MinLength(1), MaxLength(63)]
    public string? Namespace { get; init; }
}

/// <summary>What is so of a SecurityGroup.</summary>
public sealed record SecurityGroupStatus
{
    /// <summary>The generation this status answers.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>How many Nics are bound to it.</summary>
    public long Nics { get; init; }

    /// <summary>How many rules are in force.</summary>
    public long Rules { get; init; }

    /// <summary>Ready, and which rules are not in force and why.</summary>
    [ListMapKey("type")]
    public EquatableArray<Condition> Conditions { get; init; }
}
