using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Resources;

namespace Vmnet.KubeVirt;

/// <summary>What KubeVirt reports of an instance's migration (<c>status.migrationState</c>). It stays when the migration has ended.</summary>
public sealed record MigrationState
{
    /// <summary>The uid of the VirtualMachineInstanceMigration that it is about: of an earlier one until the next has begun.</summary>
    public string? MigrationUid { get; init; }

    /// <summary>The node it left.</summary>
    public string? SourceNode { get; init; }

    /// <summary>The launcher pod it left.</summary>
    public string? SourcePod { get; init; }

    /// <summary>The node it goes to.</summary>
    public string? TargetNode { get; init; }

    /// <summary>The launcher pod it goes to.</summary>
    public string? TargetPod { get; init; }

    /// <summary>When it began.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? StartTimestamp { get; init; }

    /// <summary>When it ended.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? EndTimestamp { get; init; }

    /// <summary>When the guest ran on the target.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? TargetNodeDomainReadyTimestamp { get; init; }

    /// <summary>Whether the target waits for the guest.</summary>
    public bool? TargetNodeDomainDetected { get; init; }

    /// <summary>Whether it has ended, well or not.</summary>
    public bool? Completed { get; init; }

    /// <summary>Whether it has ended and the guest stayed where it was.</summary>
    public bool? Failed { get; init; }

    /// <summary>Why it failed.</summary>
    public string? FailureReason { get; init; }

    /// <summary>Whether somebody asked for its end.</summary>
    public bool? AbortRequested { get; init; }

    /// <summary><c>Aborting</c>, <c>Succeeded</c> or <c>Failed</c>.</summary>
    public string? AbortStatus { get; init; }

    /// <summary><c>PreCopy</c>, <c>PostCopy</c> or <c>Paused</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>Fields that are not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Whether it has ended with the guest on the target.</summary>
    [JsonIgnore]
    public bool HasSucceeded => Completed == true && Failed != true;
}
