using System.Text.Json;
using Fabric.Primitives;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>What KubeVirt adds to an instance before it does anything else.</summary>
internal static class InstanceDefaults
{
    /// <summary>Holds an instance until its guest and its launcher are gone.</summary>
    public const string Finalizer = "foregroundDeleteVirtualMachine";

    /// <summary>The instance with the finalizer and with the interface KubeVirt adds when none is named; the same object when nothing is missing.</summary>
    public static VirtualMachineInstance Fill(VirtualMachineInstance instance)
    {
        if (!instance.Metadata.HasFinalizer(Finalizer) && !instance.Metadata.IsDeleting)
            instance = instance with { Metadata = instance.Metadata with { Finalizers = [.. instance.Metadata.Finalizers ?? [], Finalizer] } };
        var devices = instance.Spec.Domain?.Devices ?? new Devices();
        if (devices.AutoattachPodInterface == false || devices.Interfaces is { IsEmpty: false } || instance.Metadata.IsDeleting)
            return instance;

        var empty = JsonElement.Parse("{}");
        EquatableArray<VmNetwork> networks = instance.Spec.Networks ?? [];
        if (networks.All(each => each.Name != VmInterfaces.DefaultName))
            networks = networks.Add(new VmNetwork { Name = VmInterfaces.DefaultName, Pod = empty });
        return instance with
        {
            Spec = instance.Spec with
            {
                Domain = (instance.Spec.Domain ?? new Domain()) with
                {
                    Devices = devices with { Interfaces = [new VmInterface { Name = VmInterfaces.DefaultName, Bridge = empty }] },
                },
                Networks = networks,
            },
        };
    }
}
