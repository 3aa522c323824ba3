using Fabric.Grains.Runtime;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Workloads;

/// <summary>
/// A VM or a pod: makes and removes its Nics. The key is <see cref="KeyOf"/>: kind and name in the namespace.
/// </summary>
public interface IWorkloadGrain : IGrain
{
    /// <summary>Makes the Nics the workload needs and deletes those it does not.</summary>
    /// <param name="observed">The workload as last seen, or null when it is gone.</param>
    /// <param name="nics">The Nics that name it as their owner, as last seen. They may be out of date: a write on that ground is refused and repeated.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When to come again although nothing changes, or null.</returns>
    Task<TimeSpan?> ReconcileAsync(Workload? observed, EquatableArray<Nic> nics, CancellationToken cancellationToken);

    /// <summary>The key of a workload's grain.</summary>
    static ObjectKey KeyOf(NicOwnerKind kind, string ns, string name) => new(ns, $"{kind}:{name}");
}

/// <summary>Stands for a workload's grain.</summary>
public sealed class WorkloadGrainReference(GrainRuntime runtime, ObjectKey key) : GrainReference<IWorkloadGrain>(runtime, key), IWorkloadGrain
{
    /// <inheritdoc/>
    public Task<TimeSpan?> ReconcileAsync(Workload? observed, EquatableArray<Nic> nics, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ReconcileAsync(observed, nics, token), cancellationToken);
}
