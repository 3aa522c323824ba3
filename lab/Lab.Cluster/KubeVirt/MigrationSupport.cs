using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Which instances can be moved while they run: KubeVirt's rules for interfaces.</summary>
internal static class MigrationSupport
{
    /// <summary>Why an instance cannot be moved, for people; null when it can.</summary>
    public static string? Refusal(VirtualMachineInstance instance) =>
        VmInterfaces.Of(instance.Spec).FirstOrDefault(nic => nic is { OnPodNetwork: true, Binding: VmBinding.Bridge }) is { } bridged
            && instance.Metadata.Annotation(KubeVirtApi.BridgeMigrationAnnotation) is null
            ? $"interface \"{bridged.Name}\" has the bridge binding on the pod network: give the VM's template the annotation {KubeVirtApi.BridgeMigrationAnnotation}, with any value"
            : null;
}
