using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// Addresses, and a MAC if wanted, kept for a VM's or pod's Nic by name before, while and after it exists; or a list of
/// addresses kept for a group, one for each member.
/// </summary>
[CustomResource("staticips", Scope.Namespaced, ShortNames = "sip", Category = "fabric")]
[PrinterColumn("Subnet", "string", ".spec.subnet")]
[PrinterColumn("Addresses", "string", ".spec.addresses[*]")]
[PrinterColumn("MAC", "string", ".spec.macAddress")]
[PrinterColumn("For", "string", ".spec.target.name")]
[PrinterColumn("Bound", "string", ".status.nics[*]")]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason", Priority = 1)]
[PrinterColumn("Message", "string", ".status.conditions[?(@.type==\"Ready\")].message", Priority = 1)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed record StaticIP : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(StaticIP); } = nameof(StaticIP);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is kept, and for whom.</summary>
    public required StaticIPSpec Spec { get; init; }

    /// <summary>What is so; written by Fabric.</summary>
    public StaticIPStatus? Status { get; init; }
}

/// <summary>What a StaticIP keeps, and for whom: for <c>target</c> or for <c>selector</c>, one of the two.</summary>
public sealed record StaticIPSpec
{
    /// <summary>The Subnet the addresses are in. It cannot be changed.</summary>
    [Immutable, MinLength(1), MaxLength(253)]
    public required string Subnet { get; init; }

    /// <summary>
    /// The addresses kept: for a target one of each family at most, for a selector as many as the group has members.
    /// None is kept when absent, only the MAC.
    /// </summary>
    [MaxItems(256)]
    public EquatableArray<IpAddress> Addresses { get; init; }

    /// <summary>The MAC kept for a target: unicast, not taken in the Vpc.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>The VM or pod in this namespace that it is for; it need not exist.</summary>
    public StaticIPTarget? Target { get; init; }

    /// <summary>The VMs and pods in this namespace that it is for, by their labels; the labels of a VM's template count.</summary>
    public LabelSelector? Selector { get; init; }
}

/// <summary>A VM or pod by its name.</summary>
public sealed record StaticIPTarget
{
    /// <summary>The kind of the workload.</summary>
    [Default("VirtualMachine")]
    public NicOwnerKind Kind { get; set; } = NicOwnerKind.VirtualMachine;

    /// <summary>Its name, as in its metadata.</summary>
    [MinLength(1), MaxLength(253), Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public required string Name { get; init; }

    /// <summary>The VM's interface or the pod's device; its only one in the subnet when absent.</summary>
    [MinLength(1), MaxLength(63)]
    public string? Interface { get; init; }

    /// <summary><c>Kind name</c>, for messages.</summary>
    public override string ToString() => Interface is null ? $"{Kind} {Name}" : $"{Kind} {Name}, interface {Interface}";
}

/// <summary>What is so of a StaticIP.</summary>
public sealed record StaticIPStatus
{
    /// <summary>The generation this status answers.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>The addresses kept, each by an IPClaim, with the Nics that use them.</summary>
    [ListMapKey("address"), MaxItems(256)]
    public EquatableArray<ReservedAddress> Reserved { get; init; }

    /// <summary>The names of the Nics that use any of them.</summary>
    [MaxItems(256)]
    public EquatableArray<string> Nics { get; init; }

    /// <summary>The MAC kept, by a MacClaim.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>Ready when all is kept, and if not, who has it.</summary>
    [ListMapKey("type")]
    public EquatableArray<Condition> Conditions { get; init; }
}

/// <summary>An address that is kept.</summary>
public sealed record ReservedAddress
{
    /// <summary>The address.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>The name of the Nic that uses it; absent while none does.</summary>
    public string? Nic { get; init; }
}
