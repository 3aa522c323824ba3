using Fabric.Grains.Runtime;
using Fabric.Grains.Subnets;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Vpcs;

/// <summary>A Vpc: has its router made, and says who may use it.</summary>
public interface IVpcGrain : IGrain
{
    /// <summary>Makes things as the Vpc object says: has the router made, writes the status, ends its deletion.</summary>
    /// <returns>When to come again although nothing changes, or null.</returns>
    Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken);

    /// <summary>The Vpc as it was last seen, for one who is about to use it.</summary>
    /// <returns>The Vpc, or <see cref="VpcNotFound"/>.</returns>
    Task<Outcome<Vpc>> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Reads all claims of MACs anew and gives back what is held for Nics and StaticIPs that are no more.</summary>
    Task SweepAsync(CancellationToken cancellationToken);
}

/// <summary>Stands for a Vpc's grain.</summary>
public sealed class VpcGrainReference(GrainRuntime runtime, ObjectKey key) : GrainReference<IVpcGrain>(runtime, key), IVpcGrain
{
    /// <inheritdoc/>
    public Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ReconcileAsync(token), cancellationToken);

    /// <inheritdoc/>
    public Task<Outcome<Vpc>> DescribeAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.DescribeAsync(token), cancellationToken);

    /// <inheritdoc/>
    public Task SweepAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.SweepAsync(token), cancellationToken);
}
