using Fabric.Grains.Runtime;
using Fabric.Resources;

namespace Fabric.Grains.Nics;

/// <summary>A Nic: gets its MAC and addresses, has its port made, and frees everything at the end.</summary>
public interface INicGrain : IGrain
{
    /// <summary>Makes things as the Nic object says. Whatever cannot be granted is said in the Ready condition and in an event.</summary>
    /// <returns>When to come again although nothing changes, or null.</returns>
    Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken);
}

/// <summary>Stands for a Nic's grain.</summary>
public sealed class NicGrainReference(GrainRuntime runtime, ObjectKey key) : GrainReference<INicGrain>(runtime, key), INicGrain
{
    /// <inheritdoc/>
    public Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ReconcileAsync(token), cancellationToken);
}
