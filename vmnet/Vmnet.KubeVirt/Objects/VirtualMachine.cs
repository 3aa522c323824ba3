using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Vmnet.KubeVirt;

/// <summary>A KubeVirt <c>kubevirt.io/v1 VirtualMachine</c>: what Fabric and the lab read of it.</summary>
public sealed record VirtualMachine : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? KubeVirtApi.ApiVersion; } = KubeVirtApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(VirtualMachine); } = nameof(VirtualMachine);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Whether it runs, and as what.</summary>
    public required VirtualMachineSpec Spec { get; init; }

    /// <summary>What KubeVirt reports.</summary>
    public VirtualMachineStatus? Status { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Whether a VM runs, and as what.</summary>
public sealed record VirtualMachineSpec
{
    /// <summary><c>Always</c>, <c>RerunOnFailure</c>, <c>Manual</c>, <c>Once</c> or <c>Halted</c>.</summary>
    public string? RunStrategy { get; init; }

    /// <summary>The older form: true is <c>Always</c>, false is <c>Halted</c>.</summary>
    public bool? Running { get; init; }

    /// <summary>The instance that is made when it runs.</summary>
    public required VirtualMachineInstanceTemplate Template { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The instance a VM makes when it runs.</summary>
public sealed record VirtualMachineInstanceTemplate
{
    /// <summary>Labels and annotations of the instance.</summary>
    public ObjectMeta? Metadata { get; init; }

    /// <summary>The instance's own wish.</summary>
    public VirtualMachineInstanceSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>What KubeVirt reports of a VM.</summary>
public sealed record VirtualMachineStatus
{
    /// <summary>Whether its instance exists.</summary>
    public bool? Created { get; init; }

    /// <summary>Whether its instance runs and is ready.</summary>
    public bool? Ready { get; init; }

    /// <summary>The state for people, such as <c>Stopped</c> or <c>Running</c>.</summary>
    public string? PrintableStatus { get; init; }

    /// <summary>The generation this status answers.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Conditions such as <c>Ready</c> and <c>Failure</c>.</summary>
    public EquatableArray<StatusCondition>? Conditions { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
