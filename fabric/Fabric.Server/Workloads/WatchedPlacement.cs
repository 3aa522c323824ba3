using Fabric.Grains.Nics;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Server.Control;
using Vmnet.KubeVirt;

namespace Fabric.Server.Workloads;

/// <summary>Where workloads are scheduled, as last seen.</summary>
internal sealed class WatchedPlacement(Watched watched) : INicPlacement
{
    public string? NodeFor(Nic nic)
    {
        var owner = nic.Spec.Owner;
        var key = new ObjectKey(nic.Metadata.Namespace, owner.Name);
        return owner.Kind switch
        {
            NicOwnerKind.Pod => watched.Pods.Get(key) is { } pod && pod.Metadata.Uid == owner.Uid && IsToRun(pod) ? pod.Spec!.NodeName : null,
            NicOwnerKind.VirtualMachine or NicOwnerKind.VirtualMachineInstance => NodeOfVm(key, owner.Uid),
            _ => null,
        };
    }

    public VmPlace? PlaceOf(Nic nic)
    {
        var owner = nic.Spec.Owner;
        var key = new ObjectKey(nic.Metadata.Namespace, owner.Name);
        return owner.Kind is NicOwnerKind.VirtualMachine or NicOwnerKind.VirtualMachineInstance
            && watched.Instances.Get(key) is { } instance && (instance.VirtualMachineUid ?? instance.Metadata.Uid) == owner.Uid
            ? new VmPlace(
                [.. watched.LaunchersOfVm.Find(key.ToString()).Where(pod => LauncherPod.Identify(pod)?.InstanceUid == instance.Metadata.Uid).Select(LauncherOf)],
                ReportOf(instance.Status?.MigrationState))
            : null;
    }

    private static VmLauncher LauncherOf(Pod pod) => new(
        pod.Metadata.Uid!, pod.Metadata.Name!, pod.Metadata.Label(KubeVirtApi.MigrationJobLabel), pod.Metadata.CreationTimestamp, !pod.IsFinished && !pod.Metadata.IsDeleting);

    private static VmMigrationReport? ReportOf(MigrationState? state) => state?.MigrationUid is { Length: > 0 } uid
        ? new(uid, state.SourcePod, state.TargetPod, state.HasSucceeded, state.Failed == true)
        : null;

    /// <summary>Of several launchers, as while a VM migrates, the oldest counts: the others' nodes are not yet where the VM is.</summary>
    private string? NodeOfVm(ObjectKey key, string ownerUid) =>
        watched.Instances.Get(key) is { } instance && (instance.VirtualMachineUid ?? instance.Metadata.Uid) == ownerUid
            ? watched.LaunchersOfVm.Find(key.ToString())
                .Where(pod => IsToRun(pod) && LauncherPod.Identify(pod)?.InstanceUid == instance.Metadata.Uid)
                .OrderBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal)
                .FirstOrDefault()?.Spec!.NodeName
            : null;

    private static bool IsToRun(Pod pod) => !string.IsNullOrEmpty(pod.Spec?.NodeName) && !pod.IsFinished && !pod.Metadata.IsDeleting;
}
