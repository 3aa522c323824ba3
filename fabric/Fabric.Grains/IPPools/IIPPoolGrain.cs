using Fabric.Grains.Runtime;
using Fabric.Resources;

namespace Fabric.Grains.IPPools;

/// <summary>An IPPool: tells its Subnet what is set aside, and its status what is used.</summary>
public interface IIPPoolGrain : IGrain
{
    /// <summary>Makes things as the IPPool says and counts what is used.</summary>
    /// <returns>When to come again although nothing changes, or null.</returns>
    Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken);
}

/// <summary>Stands for an IPPool's grain.</summary>
public sealed class IPPoolGrainReference(GrainRuntime runtime, ObjectKey key) : GrainReference<IIPPoolGrain>(runtime, key), IIPPoolGrain
{
    /// <inheritdoc/>
    public Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ReconcileAsync(token), cancellationToken);
}
