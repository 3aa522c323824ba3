using Fabric.Grains.Runtime;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.QosPolicies;

/// <summary>A QosPolicy: says whom it limits, and goes only when it limits nobody.</summary>
public interface IQosPolicyGrain : IGrain
{
    /// <summary>Checks the policy and writes the status.</summary>
    /// <param name="nics">How many Nics it limits, as last seen.</param>
    /// <param name="subnets">The Subnets that name it, in order, as last seen.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When to come again although nothing changes, or null.</returns>
    Task<TimeSpan?> ReconcileAsync(long nics, EquatableArray<string> subnets, CancellationToken cancellationToken);
}

/// <summary>Stands for a QosPolicy's grain.</summary>
public sealed class QosPolicyGrainReference(GrainRuntime runtime, ObjectKey key) : GrainReference<IQosPolicyGrain>(runtime, key), IQosPolicyGrain
{
    /// <inheritdoc/>
    public Task<TimeSpan?> ReconcileAsync(long nics, EquatableArray<string> subnets, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ReconcileAsync(nics, subnets, token), cancellationToken);
}
