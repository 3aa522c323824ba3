using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Vmnet.KubeVirt;

/// <summary>A KubeVirt <c>kubevirt.io/v1 VirtualMachineInstanceMigration</c>: the wish to move an instance.</summary>
public sealed record VirtualMachineInstanceMigration : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? KubeVirtApi.ApiVersion; } = KubeVirtApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(VirtualMachineInstanceMigration); } = nameof(VirtualMachineInstanceMigration);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Which instance.</summary>
    public VirtualMachineInstanceMigrationSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>How far it is.</summary>
    public VirtualMachineInstanceMigrationStatus? Status { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Whether it has ended.</summary>
    [JsonIgnore]
    public bool IsFinished => Status?.Phase is "Succeeded" or "Failed";
}

/// <summary>Which instance is to be moved.</summary>
public sealed record VirtualMachineInstanceMigrationSpec
{
    /// <summary>The instance's name in the same namespace.</summary>
    public string? VmiName { get; init; }

    /// <summary>Labels that the target's node must have beside those that the instance asks for (KubeVirt 1.5).</summary>
    public EquatableMap<string, string>? AddedNodeSelector { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>How far a migration is.</summary>
public sealed record VirtualMachineInstanceMigrationStatus
{
    /// <summary><c>Pending</c>, <c>Scheduling</c>, <c>Scheduled</c>, <c>PreparingTarget</c>, <c>TargetReady</c>, <c>Running</c>, <c>Succeeded</c> or <c>Failed</c>.</summary>
    public string? Phase { get; init; }

    /// <summary>Conditions such as <c>migrationAbortRequested</c>.</summary>
    public EquatableArray<StatusCondition>? Conditions { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
