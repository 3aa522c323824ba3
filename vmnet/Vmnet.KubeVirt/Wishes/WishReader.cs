using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>
/// Reads what workloads ask of their Nics, in one order of precedence:
/// Fabric's annotations, KubeVirt's API, OVN-Kubernetes', Kubernetes' own, Kube-OVN's and Calico's annotations; of each of these what is said for one
/// interface goes before what is said for the whole workload, and a VM's template before the VM.
/// </summary>
/// <remarks>
/// The annotations of other fabrics are for the pod network, so for the first interface on it. Whatever contradicts the wish that
/// counts is told in <see cref="NicWishes.Ignored"/>. Namespaces and Subnets come after all of these and are not read here.
/// </remarks>
public static class WishReader
{
    /// <summary>What a pod that is no VM asks for its devices.</summary>
    public static WorkloadWishes OfPod(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        WishPlace[] places = [new(pod.Metadata.Annotations)];
        var devices = PodDevices.Of(pod);
        return new WorkloadWishes
        {
            Interfaces = [.. devices.Select((device, i) => new InterfaceWishes(device, Read(places, device, isFirst: i == 0, nic: null)))],
            Notices = [.. FabricAnnotations.Unknown(places), .. FabricAnnotations.Misdirected(places, devices)],
        };
    }

    /// <summary>What a VM asks, on its template and on itself, for its interfaces on the pod network.</summary>
    public static WorkloadWishes OfVm(VirtualMachine vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return Read(
            [new(vm.Spec.Template.Metadata?.Annotations), new(vm.Metadata.Annotations, $"{nameof(VirtualMachine)} {vm.Metadata.Name}")],
            vm.Spec.Template.Spec);
    }

    /// <summary>What an instance that no VM owns asks for its interfaces on the pod network.</summary>
    public static WorkloadWishes OfInstance(VirtualMachineInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return Read([new(instance.Metadata.Annotations)], instance.Spec);
    }

    private static WorkloadWishes Read(WishPlace[] places, VirtualMachineInstanceSpec spec)
    {
        var all = VmInterfaces.Of(spec);
        EquatableArray<VmNic> nics = [.. all.Where(nic => nic.OnPodNetwork)];
        return new WorkloadWishes
        {
            Interfaces = [.. nics.Select((nic, i) => new InterfaceWishes(nic.Name, Read(places, nic.Name, i == 0, nic)))],
            Notices = [.. FabricAnnotations.Unknown(places), .. FabricAnnotations.Misdirected(places, [.. nics.Select(nic => nic.Name)]), .. KubeVirtWishes.Misdirected(places, all)],
        };
    }

    private static NicWishes Read(WishPlace[] places, string interfaceName, bool isFirst, VmNic? nic)
    {
        var candidates = new WishCandidates();
        FabricAnnotations.Read(candidates, places, interfaceName, isFirst);
        if (nic is not null)
        {
            KubeVirtWishes.Read(candidates, places, nic);
        }

        if (isFirst)
        {
            MultusDefaultNetwork.Read(candidates, places);
            BandwidthAnnotations.Read(candidates, places);
            KubeOvnAnnotations.Read(candidates, places);
            CalicoAnnotations.Read(candidates, places);
        }

        return candidates.Decide(interfaceName);
    }
}
