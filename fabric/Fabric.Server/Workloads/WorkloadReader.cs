using Fabric.Grains.Workloads;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt;
using Vmnet.KubeVirt.Wishes;

namespace Fabric.Server.Workloads;

/// <summary>Reads pods and KubeVirt's objects as workloads: the one place where that is decided.</summary>
internal static class WorkloadReader
{
    /// <summary>Whether a pod is a workload of its own: a VM's launcher is its VM's, and a pod on the host network has no Nic.</summary>
    internal static bool IsWorkload(Pod pod) => !LauncherPod.IsLauncher(pod) && pod.Spec?.HostNetwork != true;

    /// <summary>Whether somebody made an instance without a VM.</summary>
    internal static bool IsWorkload(VirtualMachineInstance instance) => instance.VirtualMachineUid is null;

    /// <summary>The pod as a workload of its own, or null.</summary>
    internal static Workload? Of(Pod pod) => !IsWorkload(pod)
        ? null
        : Make(NicOwnerKind.Pod, "v1", pod.Metadata, WishReader.OfPod(pod)) with { Labels = pod.Metadata.Labels ?? [], IsFinished = pod.IsFinished };

    /// <summary>A VM, running or not: it keeps its Nics until it is deleted.</summary>
    internal static Workload Of(VirtualMachine vm) => Make(NicOwnerKind.VirtualMachine, KubeVirtApi.ApiVersion, vm.Metadata, WishReader.OfVm(vm)) with
    {
        Labels = (vm.Spec.Template.Metadata?.Labels ?? []).Aggregate(vm.Metadata.Labels ?? [], (all, label) => all.With(label.Key, label.Value)),
    };

    /// <summary>An instance that somebody made without a VM, or null for one that a VM made.</summary>
    internal static Workload? Of(VirtualMachineInstance instance) => !IsWorkload(instance)
        ? null
        : Make(NicOwnerKind.VirtualMachineInstance, KubeVirtApi.ApiVersion, instance.Metadata, WishReader.OfInstance(instance)) with
        {
            Labels = instance.Metadata.Labels ?? [],
            IsFinished = instance.IsFinished,
        };

    private static Workload Make(NicOwnerKind kind, string apiVersion, ObjectMeta meta, WorkloadWishes wishes) => new()
    {
        Kind = kind,
        ApiVersion = apiVersion,
        Namespace = meta.Namespace!,
        Name = meta.Name!,
        Uid = meta.Uid!,
        Interfaces = [.. wishes.Interfaces.Select(each => new WorkloadInterface(each.Name, each.Wishes))],
        Notices = wishes.Notices,
    };
}
