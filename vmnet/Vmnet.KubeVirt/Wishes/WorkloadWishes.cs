using Fabric.Primitives;
using Fabric.Resources;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>What a workload asks of its Nics.</summary>
public sealed record WorkloadWishes
{
    /// <summary>Its interfaces that have a Nic, with what is asked for each.</summary>
    public EquatableArray<InterfaceWishes> Interfaces { get; init; }

    /// <summary>Wishes of which nothing comes, to be said at the workload.</summary>
    public EquatableArray<Refusal> Notices { get; init; }
}

/// <summary>What is asked for one interface.</summary>
/// <param name="Name">The VM's interface name, or the device in the pod.</param>
/// <param name="Wishes">The wishes.</param>
public sealed record InterfaceWishes(string Name, NicWishes Wishes);
