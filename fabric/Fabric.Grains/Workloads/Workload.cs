using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Workloads;

/// <summary>A VM or a pod, as far as its Nics are concerned. Made at the edge, where pods and KubeVirt's objects are read.</summary>
public sealed record Workload
{
    /// <summary>What it is.</summary>
    public required NicOwnerKind Kind { get; init; }

    /// <summary>The <c>group/version</c> of its object, for references to it.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>Its namespace, which is also its Nics'.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its uid: a workload made again under the same name is another one and gets other Nics.</summary>
    public required string Uid { get; init; }

    /// <summary>Its labels, which its Nics have too: a pod's own; for a VM those of its template over its own.</summary>
    public EquatableMap<string, string> Labels { get; init; }

    /// <summary>The interfaces it has.</summary>
    public required EquatableArray<WorkloadInterface> Interfaces { get; init; }

    /// <summary>What else is to be said at it: wishes of which nothing comes.</summary>
    public EquatableArray<Refusal> Notices { get; init; }

    /// <summary>It has ended for good and needs no addresses any more: a pod that succeeded or failed. A stopped VM has not.</summary>
    public bool IsFinished { get; init; }
}

/// <summary>An interface of a VM or a pod.</summary>
/// <param name="Name">The VM's interface name, or the device in the pod.</param>
/// <param name="Wishes">What is asked for its Nic.</param>
public sealed record WorkloadInterface(string Name, NicWishes Wishes);
