using Fabric.Grains.Runtime;
using Fabric.Resources;

namespace Fabric.Grains.SecurityGroups;

/// <summary>A SecurityGroup: says whom it is for and what of it is in force, and goes only when no Nic names it.</summary>
public interface ISecurityGroupGrain : IGrain
{
    /// <summary>Checks the group and writes the status.</summary>
    /// <param name="nics">How many Nics are bound to it, as last seen.</param>
    /// <param name="named">How many of them name it, as last seen.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>When to come again although nothing changes, or null.</returns>
    Task<TimeSpan?> ReconcileAsync(long nics, long named, CancellationToken cancellationToken);
}

/// <summary>Stands for a SecurityGroup's grain.</summary>
public sealed class SecurityGroupGrainReference(GrainRuntime runtime, ObjectKey key) : GrainReference<ISecurityGroupGrain>(runtime, key), ISecurityGroupGrain
{
    /// <inheritdoc/>
    public Task<TimeSpan?> ReconcileAsync(long nics, long named, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ReconcileAsync(nics, named, token), cancellationToken);
}
