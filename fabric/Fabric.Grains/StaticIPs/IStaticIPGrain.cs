using Fabric.Grains.Runtime;
using Fabric.Resources;

namespace Fabric.Grains.StaticIPs;

/// <summary>A StaticIP: keeps its addresses and MAC by claims, and lets them go at the end.</summary>
public interface IStaticIPGrain : IGrain
{
    /// <summary>Makes things as the StaticIP says. Whatever cannot be kept is said in the Ready condition, with who has it, and in an event.</summary>
    /// <returns>When to come again although nothing changes, or null.</returns>
    Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken);
}

/// <summary>Stands for a StaticIP's grain.</summary>
public sealed class StaticIPGrainReference(GrainRuntime runtime, ObjectKey key) : GrainReference<IStaticIPGrain>(runtime, key), IStaticIPGrain
{
    /// <inheritdoc/>
    public Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ReconcileAsync(token), cancellationToken);
}
