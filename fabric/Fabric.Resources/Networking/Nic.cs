using System.Text.Json.Serialization;
using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// A network interface of a VM or a pod. It outlives pods: a VM keeps its Nic, and with it its addresses and MAC, while
/// it is stopped, restarted or moved. Fabric makes it when the workload appears and removes it with the workload; that of a
/// container without a pod is made and removed by the agent of its node.
/// </summary>
[CustomResource("nics", Scope.Namespaced, ShortNames = "nic", Category = "fabric")]
[PrinterColumn("Owner", "string", ".spec.owner.kind")]
[PrinterColumn("Name", "string", ".spec.owner.name")]
[PrinterColumn("Subnet", "string", ".spec.subnet")]
[PrinterColumn("Addresses", "string", ".status.addresses[*]")]
[PrinterColumn("MAC", "string", ".status.macAddress")]
[PrinterColumn("Node", "string", ".status.node")]
[PrinterColumn("Phase", "string", ".status.phase")]
[PrinterColumn("Migration", "string", ".status.migration.phase")]
[PrinterColumn("Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason", Priority = 1)]
[PrinterColumn("Message", "string", ".status.conditions[?(@.type==\"Ready\")].message", Priority = 1)]
[PrinterColumn("Gap-Ms", "integer", ".status.migration.gapMilliseconds", Priority = 1)]
[PrinterColumn("Held", "integer", ".status.migration.held", Priority = 1)]
[PrinterColumn("Released", "integer", ".status.migration.released", Priority = 1)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
[SelectableField(".spec.subnet")]
[SelectableField(".spec.owner.node")]
[SelectableField(".status.node")]
public sealed record Nic : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(Nic); } = nameof(Nic);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is asked for.</summary>
    public required NicSpec Spec { get; init; }

    /// <summary>What is so; written by Fabric.</summary>
    public NicStatus? Status { get; init; }
}

/// <summary>What is asked of a Nic.</summary>
public sealed record NicSpec
{
    /// <summary>The Subnet it is in. It cannot be changed.</summary>
    [Immutable, MinLength(1), MaxLength(253)]
    public required string Subnet { get; init; }

    /// <summary>The VM, pod or container it belongs to. It cannot be changed.</summary>
    [Immutable]
    public required NicOwner Owner { get; init; }

    /// <summary>The interface's name at its owner: the VM's interface name, or the pod's device such as <c>eth0</c>.</summary>
    [Immutable, MinLength(1), MaxLength(63)]
    public required string Interface { get; init; }

    /// <summary>The MAC address wanted: unicast, not taken in the Vpc. One is generated when absent.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>The addresses wanted, at most one of each family, in the subnet and free. One is chosen when absent.</summary>
    [MaxItems(2)]
    public EquatableArray<IpAddress> Addresses { get; init; }

    /// <summary>The IPPool to take addresses from; when absent, the pools that are set aside for the Nic, or else the subnet.</summary>
    [MinLength(1), MaxLength(253)]
    public string? IpPool { get; init; }

    /// <summary>The QosPolicy that limits the Nic; when absent, one that selects it, or else the subnet's.</summary>
    [MinLength(1), MaxLength(253)]
    public string? QosPolicy { get; init; }

    /// <summary>The limit towards the VM that the workload asks for itself; it goes before that of a policy.</summary>
    public QosLimit? Ingress { get; init; }

    /// <summary>The same from the VM.</summary>
    public QosLimit? Egress { get; init; }

    /// <summary>The SecurityGroups of this namespace that it is bound to, beside those that select it.</summary>
    [EachName(MaxLength = 253), MaxItems(16)]
    public EquatableArray<string> SecurityGroups { get; init; }

    /// <summary>
    /// Whether it may send only from its own MAC and addresses, and from <c>allowedAddresses</c>. Without it a guest can take
    /// anybody's address in the subnet.
    /// </summary>
    [Default(true)]
    public bool SpoofGuard { get; set; } = true;

    /// <summary>
    /// Addresses beside its own that it may send from and is found under, as of a virtual router or of what it routes for. They
    /// are not claimed: whoever may write Nics may let one use another's. The condition <c>AddressShared</c> then says whose.
    /// </summary>
    [MaxItems(16)]
    public EquatableArray<AllowedAddress> AllowedAddresses { get; init; }

    /// <summary>What it may be to its neighbours in the subnet, and no Nic is otherwise.</summary>
    [MaxItems(2)]
    public EquatableArray<NicService> Serves { get; init; }

    /// <summary>Whether its node lets router advertisements of it pass.</summary>
    [JsonIgnore]
    public bool MayAdvertise => !SpoofGuard || Serves.Contains(NicService.RouterAdvertisement);

    /// <summary>Which field or annotation of the workload each wish above comes from.</summary>
    [ListMapKey("field"), MaxItems(16)]
    public EquatableArray<WishSource> Sources { get; init; }
}

/// <summary>An address, or a network, that a Nic may use beside its own.</summary>
public sealed record AllowedAddress
{
    /// <summary>The address with its length, such as <c>10.60.2.100/32</c>, or a network.</summary>
    public required IpPrefix Address { get; init; }

    /// <summary>The MAC it is used with, as of VRRP (RFC 5798 §7.3); the Nic's own when absent.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>The address, where it is one and not a network.</summary>
    [JsonIgnore]
    public IpAddress? Single => Address.Length == Address.Network.BitLength ? Address.Network : null;
}

/// <summary>What others in a subnet may get from a Nic. Values are stored: append only.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NicService>))]
public enum NicService
{
    /// <summary>Addresses by DHCP (RFC 2131) and DHCPv6 (RFC 8415).</summary>
    DHCP = 0,

    /// <summary>
    /// Routers and prefixes by router advertisements (RFC 4861 §4.2). Its node keeps others from it; a change counts for a Nic that runs.
    /// </summary>
    RouterAdvertisement = 1,
}

/// <summary>Where a wish comes from.</summary>
public sealed record WishSource
{
    /// <summary>
    /// What is wished: <c>subnet</c>, <c>macAddress</c>, <c>addresses</c>, <c>ipPool</c>, <c>qosPolicy</c>, <c>ingress</c>, <c>egress</c>
    /// or <c>securityGroups</c>; of limits in force also <c>priority</c> and <c>dscp</c>.
    /// </summary>
    [MinLength(1), MaxLength(32)]
    public required string Field { get; init; }

    /// <summary>
    /// The field, annotation or object that won, such as <c>interfaces[].macAddress</c>, <c>ovn.kubernetes.io/ip_address</c>
    /// or <c>StaticIP web</c>.
    /// </summary>
    [MinLength(1), MaxLength(317)]
    public required string Source { get; init; }
}

/// <summary>What kind of workload owns a Nic.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NicOwnerKind>))]
public enum NicOwnerKind
{
    /// <summary>A pod that is no VM.</summary>
    Pod = 0,

    /// <summary>A KubeVirt VirtualMachine, running or not.</summary>
    VirtualMachine = 1,

    /// <summary>A KubeVirt VirtualMachineInstance that no VirtualMachine owns.</summary>
    VirtualMachineInstance = 2,

    /// <summary>A container that a runtime without Kubernetes runs: it is no object of the API.</summary>
    Container = 3,
}

/// <summary>The workload a Nic belongs to, in the Nic's namespace.</summary>
public sealed record NicOwner
{
    /// <summary>The kind of the workload.</summary>
    public required NicOwnerKind Kind { get; init; }

    /// <summary>The workload's name.</summary>
    [MinLength(1), MaxLength(253)]
    public required string Name { get; init; }

    /// <summary>The workload's uid: another workload of the same name is another owner.</summary>
    [MinLength(1), MaxLength(128)]
    public required string Uid { get; init; }

    /// <summary>For a container, the node that it is on, whose agent makes and removes the Nic. Absent for all others.</summary>
    [MinLength(1), MaxLength(253)]
    public string? Node { get; init; }

    /// <summary><c>Kind name</c>, for messages.</summary>
    public override string ToString() => $"{Kind} {Name}";
}

/// <summary>What is so of a Nic.</summary>
public sealed record NicStatus
{
    /// <summary>The generation this status answers.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>How far the Nic is.</summary>
    public NicPhase? Phase { get; init; }

    /// <summary>The MAC address in force, claimed by a MacClaim.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>The addresses in force with the subnet's prefix length, each claimed by an IPClaim.</summary>
    [MaxItems(2)]
    public EquatableArray<IpInterfaceAddress> Addresses { get; init; }

    /// <summary>The routers' addresses, one of each family.</summary>
    [MaxItems(2)]
    public EquatableArray<IpAddress> Gateways { get; init; }

    /// <summary>The name servers told by DHCP and to pods.</summary>
    [MaxItems(3)]
    public EquatableArray<IpAddress> DnsServers { get; init; }

    /// <summary>The domain told by DHCP and to pods.</summary>
    public string? Domain { get; init; }

    /// <summary>The largest IP packet in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>The QosPolicy that counts: the Nic's own, or the first by name that selects it, or its subnet's; whether or not it exists.</summary>
    public string? QosPolicy { get; init; }

    /// <summary>What the Nic is held to, which the agent of its node enforces; absent when it is held to nothing.</summary>
    public NicQos? Qos { get; init; }

    /// <summary>Which field, annotation or object decided each of the Nic's properties that was wished.</summary>
    [ListMapKey("field"), MaxItems(16)]
    public EquatableArray<WishSource> Sources { get; init; }

    /// <summary>The name of the OVN logical switch port, which is the <c>iface-id</c> on the node.</summary>
    public string? Port { get; init; }

    /// <summary>The node on which the Nic is active; while it is attached nowhere, the node that its pod is scheduled to, if any.</summary>
    public string? Node { get; init; }

    /// <summary>Where the Nic is plugged in: none while a VM is stopped, two while it migrates.</summary>
    [ListMapKey("podUid")]
    public EquatableArray<NicAttachment> Attachments { get; init; }

    /// <summary>The move with its running VM to another node that is under way, or the last one.</summary>
    public NicMigration? Migration { get; init; }

    /// <summary>Ready, and why not.</summary>
    [ListMapKey("type")]
    public EquatableArray<Condition> Conditions { get; init; }
}

/// <summary>How far a Nic is. Values are stored: append only.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NicPhase>))]
public enum NicPhase
{
    /// <summary>It has no addresses yet.</summary>
    Pending = 0,

    /// <summary>What it asks for cannot be; the Ready condition says why.</summary>
    Refused = 1,

    /// <summary>It has its addresses and is plugged in nowhere, as while a VM is stopped.</summary>
    Detached = 2,

    /// <summary>A node is plugging it in.</summary>
    Attaching = 3,

    /// <summary>It is plugged in and frames pass.</summary>
    Attached = 4,
}

/// <summary>How far an attachment is. Values are stored: append only.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttachmentPhase>))]
public enum AttachmentPhase
{
    /// <summary>The node is making it.</summary>
    Pending = 0,

    /// <summary>OVN has installed the port and frames pass.</summary>
    Attached = 1,
}

/// <summary>A Nic plugged into one pod on one node; written by that node's agent.</summary>
public sealed record NicAttachment
{
    /// <summary>The node's name, which is the OVN chassis name.</summary>
    public required string Node { get; init; }

    /// <summary>The pod's name; for a VM its launcher, for a container without a pod its own.</summary>
    public required string PodName { get; init; }

    /// <summary>The pod's uid, or the container's owner uid; the key of the list.</summary>
    public required string PodUid { get; init; }

    /// <summary>The sandbox's id at the container runtime (CNI's container id).</summary>
    public string? ContainerId { get; init; }

    /// <summary>The device in the pod, such as <c>eth0</c>.</summary>
    public string? Interface { get; init; }

    /// <summary>How far it is.</summary>
    public required AttachmentPhase Phase { get; init; }

    /// <summary>When the node began it.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? Since { get; init; }

    /// <summary>Where the node's agent tells other nodes' agents what the VM has read here: address and port, TLS.</summary>
    public string? Agent { get; init; }

    /// <summary>For the target of a migration, how far its gate is.</summary>
    public NicGate? Gate { get; init; }

    /// <summary>The uid of the migration for which this node's ovn-controller stands still, so that the port can be given to the target.</summary>
    public string? QuietFor { get; init; }
}
