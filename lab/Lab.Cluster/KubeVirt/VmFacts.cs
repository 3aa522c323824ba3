using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Everything that is decided on for a VM.</summary>
internal sealed record VmFacts
{
    public required VirtualMachine Vm { get; init; }

    /// <summary>The instance of the VM's name, whoever owns it, or null.</summary>
    public required VirtualMachineInstance? Named { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The VM's own instance, or null.</summary>
    public VirtualMachineInstance? Instance => IsOwn ? Named : null;

    /// <summary>Whether an instance that is not the VM's has its name.</summary>
    public bool IsNameTaken => Named is not null && !IsOwn;

    public RunStrategy Strategy => RunStrategies.Of(Vm.Spec);

    public VmHistory Memory => VmHistory.Of(Vm.Status);

    private bool IsOwn => (Named?.Metadata.OwnerReferences ?? []).Any(each => each.Uid == Vm.Metadata.Uid);
}
