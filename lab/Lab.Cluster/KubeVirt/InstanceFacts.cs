using Fabric.Resources.Core;
using Lab.Cluster.Guests;
using Lab.Cluster.Reconciling;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Everything that is decided on for an instance.</summary>
internal sealed record InstanceFacts
{
    public required VirtualMachineInstance Instance { get; init; }

    /// <summary>The launcher pod that it lives in, or null.</summary>
    public required Pod? Launcher { get; init; }

    /// <summary>The launcher pod that it is being migrated to, or null.</summary>
    public Pod? Target { get; init; }

    /// <summary>Its guest, running or ended, or null.</summary>
    public required Guest? Guest { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>How long a guest may take to say that its network is up.</summary>
    public required TimeSpan GuestDeadline { get; init; }

    public string? Phase => Instance.Status?.Phase;

    public bool LauncherIsReady => Launcher is { IsFinished: false, Status.Phase: "Running" } pod && !pod.Metadata.IsDeleting && pod.Status!.Conditions.IsTrue("Ready");

    /// <summary>Whether a process of the launcher's container may still be there.</summary>
    public bool LauncherRuns => Launcher is { IsFinished: false, Status.Phase: "Running" };
}
