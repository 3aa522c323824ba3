using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Vmnet.KubeVirt;

/// <summary>A KubeVirt <c>kubevirt.io/v1 VirtualMachineInstance</c>: a VM that runs, or is about to.</summary>
/// <remarks>Its CRD has no status subresource: spec and status are written together.</remarks>
public sealed record VirtualMachineInstance : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? KubeVirtApi.ApiVersion; } = KubeVirtApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(VirtualMachineInstance); } = nameof(VirtualMachineInstance);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The machine wanted.</summary>
    public VirtualMachineInstanceSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What KubeVirt reports.</summary>
    public VirtualMachineInstanceStatus? Status { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Whether it has ended for good.</summary>
    [JsonIgnore]
    public bool IsFinished => Status?.Phase is "Succeeded" or "Failed";

    /// <summary>The uid of the VirtualMachine that made it, or null when somebody made it by hand.</summary>
    [JsonIgnore]
    public string? VirtualMachineUid =>
        Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Kind == nameof(VirtualMachine))?.Uid;
}

/// <summary>The machine wanted.</summary>
public sealed record VirtualMachineInstanceSpec
{
    /// <summary>Processor, memory and devices.</summary>
    public Domain? Domain { get; init; }

    /// <summary>The networks its interfaces are connected to, by name.</summary>
    public EquatableArray<VmNetwork>? Networks { get; init; }

    /// <summary>Labels the node must have.</summary>
    public EquatableMap<string, string>? NodeSelector { get; init; }

    /// <summary>The guest's host name; the instance's name when absent.</summary>
    public string? Hostname { get; init; }

    /// <summary>How long the guest may take to shut down, in seconds.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>Disks by name; each names its source in a field of its own.</summary>
    public EquatableArray<VmVolume>? Volumes { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Processor, memory and devices.</summary>
public sealed record Domain
{
    /// <summary>Disks, interfaces and other devices.</summary>
    public Devices? Devices { get; init; }

    /// <summary>Memory as the guest sees it.</summary>
    public VmMemory? Memory { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Memory as the guest sees it.</summary>
public sealed record VmMemory
{
    /// <summary>A Kubernetes quantity such as <c>128Mi</c>.</summary>
    public string? Guest { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Disks, interfaces and other devices.</summary>
public sealed record Devices
{
    /// <summary>The interfaces; KubeVirt adds one on the pod network when there are none.</summary>
    public EquatableArray<VmInterface>? Interfaces { get; init; }

    /// <summary>False keeps KubeVirt from adding an interface.</summary>
    public bool? AutoattachPodInterface { get; init; }

    /// <summary>Fields that are not read, kept as they came: disks, rng and the like.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>An interface of a VM; exactly one binding is set.</summary>
public sealed record VmInterface
{
    /// <summary>Its name, which is also its network's.</summary>
    public required string Name { get; init; }

    /// <summary>The MAC address wanted.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The guest takes the pod's address over a bridge in the pod.</summary>
    public JsonElement? Bridge { get; init; }

    /// <summary>The guest is behind NAT in the pod.</summary>
    public JsonElement? Masquerade { get; init; }

    /// <summary>The device model; virtio when absent.</summary>
    public string? Model { get; init; }

    /// <summary>With masquerade, the ports forwarded to the guest; all when absent.</summary>
    public EquatableArray<VmPort>? Ports { get; init; }

    /// <summary><c>up</c>, <c>down</c> or <c>absent</c>.</summary>
    public string? State { get; init; }

    /// <summary>Fields that are not read, kept as they came: other bindings among them.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A port forwarded to the guest.</summary>
public sealed record VmPort
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary><c>TCP</c> or <c>UDP</c>; TCP when absent.</summary>
    public string? Protocol { get; init; }

    /// <summary>1 to 65535.</summary>
    public required int Port { get; init; }
}

/// <summary>What an interface is connected to; exactly one source is set.</summary>
public sealed record VmNetwork
{
    /// <summary>Its name, which is also its interface's.</summary>
    public required string Name { get; init; }

    /// <summary>The pod's own network.</summary>
    public JsonElement? Pod { get; init; }

    /// <summary>Fields that are not read, kept as they came: <c>multus</c> among them.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A disk's source.</summary>
public sealed record VmVolume
{
    /// <summary>The disk's name.</summary>
    public required string Name { get; init; }

    /// <summary>The source, under its own name: <c>containerDisk</c>, <c>cloudInitNoCloud</c> and the like.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Source { get; set; }
}

/// <summary>What KubeVirt reports of an instance.</summary>
public sealed record VirtualMachineInstanceStatus
{
    /// <summary><c>Pending</c>, <c>Scheduling</c>, <c>Scheduled</c>, <c>Running</c>, <c>Succeeded</c> or <c>Failed</c>.</summary>
    public string? Phase { get; init; }

    /// <summary>Why it is in this phase.</summary>
    public string? Reason { get; init; }

    /// <summary>The node it runs on.</summary>
    public string? NodeName { get; init; }

    /// <summary>Its interfaces as they are.</summary>
    public EquatableArray<VmInterfaceStatus>? Interfaces { get; init; }

    /// <summary>Conditions such as <c>Ready</c>.</summary>
    public EquatableArray<StatusCondition>? Conditions { get; init; }

    /// <summary>The launcher pods by uid, with their nodes: two while it migrates.</summary>
    public EquatableMap<string, string>? ActivePods { get; init; }

    /// <summary>The migration that is under way, or else the last one.</summary>
    public MigrationState? MigrationState { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>An interface as it is.</summary>
public sealed record VmInterfaceStatus
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Its MAC address.</summary>
    public string? Mac { get; init; }

    /// <summary>Its first address.</summary>
    public string? IpAddress { get; init; }

    /// <summary>All its addresses.</summary>
    public EquatableArray<string>? IpAddresses { get; init; }

    /// <summary>Where KubeVirt knows it from: <c>domain</c>, <c>guest-agent</c> and the like.</summary>
    public string? InfoSource { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
