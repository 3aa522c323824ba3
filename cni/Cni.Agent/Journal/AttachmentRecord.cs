using System.Text.Json.Serialization;
using Cni.Protocol;
using Fabric.Resources;

namespace Cni.Agent.Journal;

/// <summary>How far an attachment is on this node. Values are stored: append only.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttachmentStep>))]
internal enum AttachmentStep
{
    /// <summary>Asked for; nothing was made.</summary>
    Pending = 0,

    /// <summary>Devices and ports may have been made: found after a crash, they are removed.</summary>
    Started = 1,

    /// <summary>Made whole.</summary>
    Finished = 2,

    /// <summary>To go: its devices and port, if any are left, and its line in the Nic's status.</summary>
    Releasing = 3,
}

/// <summary>One attachment as the journal keeps it: everything that is needed to repair or remove it.</summary>
internal sealed record AttachmentRecord
{
    /// <summary>The container, as the runtime calls it.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The device in the container.</summary>
    public required string Interface { get; init; }

    /// <summary>The container's namespace at ADD.</summary>
    public required string Netns { get; init; }

    /// <summary>How far it is.</summary>
    public required AttachmentStep Step { get; init; }

    /// <summary>The Nic's namespace.</summary>
    public required string NicNamespace { get; init; }

    /// <summary>The Nic's name.</summary>
    public required string NicName { get; init; }

    /// <summary>The pod's name, or that of a container without a pod.</summary>
    public required string PodName { get; init; }

    /// <summary>The pod's uid, the key of the attachment in the Nic's status; for a container without a pod its owner uid.</summary>
    public required string PodUid { get; init; }

    /// <summary>The network's name in the runtime's configuration; null in records of before it was kept.</summary>
    public string? Network { get; init; }

    /// <summary><c>CNI_IFNAME</c>, where the device has another name.</summary>
    public string? Ifname { get; init; }

    /// <summary>The Nic was made for this attachment and goes with it.</summary>
    public bool OwnsNic { get; init; }

    /// <summary>The port of the switch; null in records of agents that named it by the attachment.</summary>
    public string? SwitchPort { get; init; }

    /// <summary>The port's name in OVN (<c>iface-id</c>), by which it can be made again.</summary>
    public string? IfaceId { get; init; }

    /// <summary>The Nic's Subnet, whose sum may be limited; null in records of before it was kept.</summary>
    public string? Subnet { get; init; }

    /// <summary>When ADD began: of two containers of one pod the newer one has the port.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The pod is a VM's launcher.</summary>
    public bool IsVm { get; init; }

    /// <summary>The uid of the migration whose target it is, for as long as the VM has not come.</summary>
    public string? Migration { get; init; }

    /// <summary>Nothing is kept for the VM that is to come: <see cref="FabricApi.ActivationStrategyAnnotation"/>.</summary>
    public bool LeftToOvn { get; init; }

    /// <summary>The node that it comes from.</summary>
    public string? SourceNode { get; init; }

    /// <summary>Where that node's agent is asked what the VM has read; null where it does not say.</summary>
    public string? SourceAgent { get; init; }

    /// <summary>The answer that was given, in the newest version.</summary>
    public CniResult? Result { get; init; }

    /// <summary>The key in the journal.</summary>
    [JsonIgnore]
    public AttachmentKey Key => new(ContainerId, Interface);

    /// <summary>What the runtime calls it.</summary>
    [JsonIgnore]
    public AttachmentKey RuntimeKey => new(ContainerId, Ifname ?? Interface);

    /// <summary>The Nic.</summary>
    [JsonIgnore]
    public ObjectKey Nic => new(NicNamespace, NicName);
}

/// <summary>One attachment.</summary>
/// <param name="ContainerId">The container.</param>
/// <param name="Interface">The device in it.</param>
internal readonly record struct AttachmentKey(string ContainerId, string Interface);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AttachmentRecord))]
internal sealed partial class JournalJson : JsonSerializerContext;
