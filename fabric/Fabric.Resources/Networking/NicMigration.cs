using System.Text.Json.Serialization;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>How far the move of a running VM's Nic is. Values are stored: append only.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NicMigrationPhase>))]
public enum NicMigrationPhase
{
    /// <summary>The target's node is making its devices; the VM runs on the source, which alone has the port.</summary>
    Preparing = 0,

    /// <summary>Both nodes get what is sent to the VM. The source's delivers it, the target's keeps it; or OVN drops it there, where <see cref="NicMigration.LeftToOvn"/> says so.</summary>
    Holding = 1,

    /// <summary>The VM has spoken on the target, whose node delivers what the VM had not read.</summary>
    Activated = 2,

    /// <summary>The target is the only one: the Nic has moved.</summary>
    Converged = 3,

    /// <summary>The source is the only one again: the Nic has not moved.</summary>
    RolledBack = 4,
}

/// <summary>The move of a Nic with its running VM from one node to another: the one that is under way, or else the last one.</summary>
public sealed record NicMigration
{
    /// <summary>The uid of the VirtualMachineInstanceMigration.</summary>
    [MinLength(1), MaxLength(128)]
    public required string Uid { get; init; }

    /// <summary>How far it is.</summary>
    public required NicMigrationPhase Phase { get; init; }

    /// <summary>The node that the VM leaves.</summary>
    public string? SourceNode { get; init; }

    /// <summary>The uid of the launcher pod that it leaves.</summary>
    public string? SourcePodUid { get; init; }

    /// <summary>The node that the VM goes to.</summary>
    public string? TargetNode { get; init; }

    /// <summary>The uid of the launcher pod that it goes to.</summary>
    public string? TargetPodUid { get; init; }

    /// <summary>Since when it is in this phase.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? Since { get; init; }

    /// <summary>From the VM's first frame on the target until all that was kept was delivered there, in microseconds.</summary>
    public long? ActivationMicroseconds { get; init; }

    /// <summary>The age of the oldest frame that was released when the VM spoke, in milliseconds: for so long nobody read what was sent to it.</summary>
    public int? GapMilliseconds { get; init; }

    /// <summary>Frames that the target's node had kept.</summary>
    public long? Held { get; init; }

    /// <summary>Of those and of the ones that came meanwhile, the frames that were delivered to the VM on the target.</summary>
    public long? Released { get; init; }

    /// <summary>Why, where there is something to say.</summary>
    public string? Message { get; init; }

    /// <summary>The target's node keeps nothing: OVN blocks its port until the VM's RARP, by its activation strategy <c>rarp</c>.</summary>
    public bool LeftToOvn { get; init; }

    /// <summary>Whether both nodes are to have the port: not before the target's keeps what it gets, or it would be lost there.</summary>
    [JsonIgnore]
    public bool IsOnBothNodes => Phase is NicMigrationPhase.Holding or NicMigrationPhase.Activated;

    /// <summary>Whether it has not ended.</summary>
    [JsonIgnore]
    public bool IsUnderWay => Phase is NicMigrationPhase.Preparing or NicMigrationPhase.Holding or NicMigrationPhase.Activated;
}

/// <summary>How far the gate is behind which the target of a migration keeps frames. Values are stored: append only.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NicGateState>))]
public enum NicGateState
{
    /// <summary>Frames are kept.</summary>
    Held = 0,

    /// <summary>The VM has spoken here; what was kept is delivered, and frames pass.</summary>
    Activated = 1,

    /// <summary>Frames pass although the VM has not spoken here.</summary>
    Opened = 2,

    /// <summary>There is no gate: OVN is to block the port until the VM has spoken here.</summary>
    LeftToOvn = 3,
}

/// <summary>The gate of an attachment that is, or was, the target of a migration; written by its node's agent.</summary>
public sealed record NicGate
{
    /// <summary>The uid of the VirtualMachineInstanceMigration.</summary>
    [MinLength(1), MaxLength(128)]
    public required string MigrationUid { get; init; }

    /// <summary>How far it is.</summary>
    public required NicGateState State { get; init; }

    /// <summary>As <see cref="NicMigration.ActivationMicroseconds"/>.</summary>
    public long? ActivationMicroseconds { get; init; }

    /// <summary>As <see cref="NicMigration.GapMilliseconds"/>.</summary>
    public int? GapMilliseconds { get; init; }

    /// <summary>As <see cref="NicMigration.Held"/>.</summary>
    public long? Held { get; init; }

    /// <summary>As <see cref="NicMigration.Released"/>.</summary>
    public long? Released { get; init; }

    /// <summary>What was unusual about it, for people.</summary>
    public string? Message { get; init; }
}
