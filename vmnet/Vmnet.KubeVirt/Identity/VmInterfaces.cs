using Fabric.Primitives;

namespace Vmnet.KubeVirt;

/// <summary>How a VM's interface is joined to its pod.</summary>
public enum VmBinding
{
    /// <summary>A bridge in the pod: the guest has the pod's MAC and address.</summary>
    Bridge,

    /// <summary>NAT in the pod: the guest has an address of its own behind the pod's.</summary>
    Masquerade,

    /// <summary>A binding Fabric does not know.</summary>
    Other,
}

/// <summary>One interface of a VM as Fabric sees it.</summary>
/// <param name="Name">The interface's name in the VM.</param>
/// <param name="Binding">How it is joined to the pod.</param>
/// <param name="OnPodNetwork">Whether it is on the pod's own network, so that its device in the pod is <see cref="VmInterfaces.PodDevice"/>.</param>
/// <param name="MacAddress">The MAC address wanted, as written in the manifest.</param>
/// <param name="OtherKind">For a binding or network Fabric does not know, its name in the manifest.</param>
public sealed record VmNic(string Name, VmBinding Binding, bool OnPodNetwork, string? MacAddress, string? OtherKind = null)
{
    /// <summary>The name of the durable Nic of this interface.</summary>
    public string NicName(string vm) => Fabric.Resources.NicName.ForVm(vm, Name);
}

/// <summary>Reads a VM's interfaces as KubeVirt would.</summary>
public static class VmInterfaces
{
    /// <summary>The device in the launcher pod of an interface on the pod network.</summary>
    public const string PodDevice = "eth0";

    /// <summary>The name KubeVirt gives to the interface and network it adds.</summary>
    public const string DefaultName = "default";

    /// <summary>
    /// The interfaces of <paramref name="spec"/>. When none is named and none is forbidden, KubeVirt adds one on the pod
    /// network, with its default binding (bridge, unless the cluster's configuration says otherwise).
    /// </summary>
    public static EquatableArray<VmNic> Of(VirtualMachineInstanceSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var interfaces = spec.Domain?.Devices?.Interfaces ?? [];
        if (interfaces.Count == 0)
        {
            return spec.Domain?.Devices?.AutoattachPodInterface == false
                ? []
                : [new VmNic(DefaultName, VmBinding.Bridge, OnPodNetwork: true, MacAddress: null)];
        }

        return [.. interfaces.Where(each => each.State != "absent").Select(each => Read(each, spec.Networks ?? []))];
    }

    private static VmNic Read(VmInterface face, EquatableArray<VmNetwork> networks)
    {
        var network = networks.FirstOrDefault(each => each.Name == face.Name);
        var binding = face.Bridge is not null ? VmBinding.Bridge
            : face.Masquerade is not null ? VmBinding.Masquerade
            : VmBinding.Other;
        var otherNetwork = network?.Pod is null ? network?.Unknown?.Keys.FirstOrDefault() ?? "no network" : null;
        var otherBinding = binding == VmBinding.Other ? face.Unknown?.Keys.FirstOrDefault() ?? "no binding" : null;
        return new VmNic(face.Name, binding, network?.Pod is not null, face.MacAddress, otherBinding ?? otherNetwork);
    }
}
