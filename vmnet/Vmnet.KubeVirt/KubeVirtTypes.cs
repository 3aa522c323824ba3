using Fabric.Resources;

namespace Vmnet.KubeVirt;

/// <summary>The KubeVirt kinds that Fabric reads.</summary>
public static class KubeVirtTypes
{
    /// <summary>Virtual machines, running or not.</summary>
    public static ResourceType<VirtualMachine> VirtualMachines { get; } = new(
        KubeVirtApi.Group, "v1", nameof(VirtualMachine), "virtualmachines", Namespaced: true, HasStatus: true,
        KubeVirtJson.Default.VirtualMachine, KubeVirtJson.Default.KubeListVirtualMachine);

    /// <summary>Instances that run, or are about to.</summary>
    public static ResourceType<VirtualMachineInstance> Instances { get; } = new(
        KubeVirtApi.Group, "v1", nameof(VirtualMachineInstance), "virtualmachineinstances", Namespaced: true, HasStatus: false,
        KubeVirtJson.Default.VirtualMachineInstance, KubeVirtJson.Default.KubeListVirtualMachineInstance);

    /// <summary>Wishes to move an instance.</summary>
    public static ResourceType<VirtualMachineInstanceMigration> Migrations { get; } = new(
        KubeVirtApi.Group, "v1", nameof(VirtualMachineInstanceMigration), "virtualmachineinstancemigrations",
        Namespaced: true, HasStatus: true,
        KubeVirtJson.Default.VirtualMachineInstanceMigration, KubeVirtJson.Default.KubeListVirtualMachineInstanceMigration);
}
