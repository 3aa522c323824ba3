using Fabric.Resources.Core;
using Lab.Cluster.Guests;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Everything that is decided on for a migration.</summary>
internal sealed record MigrationFacts
{
    public required VirtualMachineInstanceMigration Migration { get; init; }

    /// <summary>The instance it names, or null.</summary>
    public required VirtualMachineInstance? Instance { get; init; }

    /// <summary>The launcher that the instance lives in, or null.</summary>
    public Pod? Source { get; init; }

    /// <summary>The launcher that was made for this migration, or null.</summary>
    public Pod? Target { get; init; }

    /// <summary>Whether the guest runs in the source and is up.</summary>
    public bool GuestIsUp { get; init; }

    /// <summary>Another migration of the same instance that goes first, or null.</summary>
    public string? Before { get; init; }

    /// <summary>How far handing the guest over is; null where it cannot have been begun.</summary>
    public HandoverProgress? Progress { get; init; }

    public string? Phase => Migration.Status?.Phase;

    public string Uid => Migration.Metadata.Uid!;

    public bool TargetIsReady => Target is { IsFinished: false, Status.Phase: "Running" } pod && !pod.Metadata.IsDeleting
        && pod.Status!.Conditions?.Any(each => each is { Type: "Ready", Status: "True" }) == true;

    public bool TargetIsLost => Target is null or { IsFinished: true } || Target.Metadata.IsDeleting;
}
