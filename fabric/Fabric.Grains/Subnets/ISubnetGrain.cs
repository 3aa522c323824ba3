using Fabric.Grains.Claims;
using Fabric.Grains.Runtime;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Subnets;

/// <summary>
/// A Subnet: chooses addresses and has its switch made. It decides in memory; whoever asks makes the claims, so that many
/// Nics get their addresses at once.
/// </summary>
public interface ISubnetGrain : IGrain
{
    /// <summary>Makes things as the Subnet object says: checks it, has the switch made, writes the status, ends its deletion.</summary>
    /// <returns>When to come again although nothing changes, or null.</returns>
    Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken);

    /// <summary>The Subnet as it was last seen, for one who is about to use it.</summary>
    /// <returns>The Subnet, or <see cref="SubnetNotFound"/>.</returns>
    Task<Outcome<Subnet>> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Chooses the addresses that a Nic is to try; they are not offered to others meanwhile.</summary>
    /// <returns>The plan, or <see cref="SubnetNotFound"/>, <see cref="SubnetNotReady"/>, or a refusal of <see cref="AddressDecision"/>.</returns>
    Task<Outcome<AddressPlan>> ChooseAsync(AddressRequest request, CancellationToken cancellationToken);

    /// <summary>The addresses that a Nic or a StaticIP holds, as far as is known here.</summary>
    Task<EquatableArray<IpAddress>> HeldByAsync(string uid, CancellationToken cancellationToken);

    /// <summary>Takes note of what the claim of an address was found to be.</summary>
    Task NoteAsync(IpAddress address, ClaimHolders holders, CancellationToken cancellationToken);

    /// <summary>Takes note of a claim that somebody made, changed or removed.</summary>
    /// <param name="claim">As it is, or as it was last.</param>
    /// <param name="removed">Whether it is gone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task ObserveAsync(IPClaim claim, bool removed, CancellationToken cancellationToken);

    /// <summary>Takes note of a StaticIP of this Subnet, or that it is no more.</summary>
    Task ObserveAsync(ObjectKey key, StaticIP? kept, CancellationToken cancellationToken);

    /// <summary>Reads the IPPools of this Subnet anew.</summary>
    /// <returns>What is so of the pool that is asked for: its status without conditions; null when the Subnet is not ready.</returns>
    Task<IPPoolStatus?> ObservePoolAsync(string pool, CancellationToken cancellationToken);

    /// <summary>Reads all claims anew and gives back what is held for Nics and StaticIPs that are no more.</summary>
    /// <returns>The Nics that hold addresses, to be looked at again by whoever sweeps.</returns>
    Task<EquatableArray<ObjectKey>> SweepAsync(CancellationToken cancellationToken);
}

/// <summary>Stands for a Subnet's grain.</summary>
public sealed class SubnetGrainReference(GrainRuntime runtime, ObjectKey key) : GrainReference<ISubnetGrain>(runtime, key), ISubnetGrain
{
    /// <inheritdoc/>
    public Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ReconcileAsync(token), cancellationToken);

    /// <inheritdoc/>
    public Task<Outcome<Subnet>> DescribeAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.DescribeAsync(token), cancellationToken);

    /// <inheritdoc/>
    public Task<Outcome<AddressPlan>> ChooseAsync(AddressRequest request, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ChooseAsync(request, token), cancellationToken);

    /// <inheritdoc/>
    public Task<EquatableArray<IpAddress>> HeldByAsync(string uid, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.HeldByAsync(uid, token), cancellationToken);

    /// <inheritdoc/>
    public Task NoteAsync(IpAddress address, ClaimHolders holders, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.NoteAsync(address, holders, token), cancellationToken);

    /// <inheritdoc/>
    public Task ObserveAsync(IPClaim claim, bool removed, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ObserveAsync(claim, removed, token), cancellationToken);

    /// <inheritdoc/>
    public Task ObserveAsync(ObjectKey key, StaticIP? kept, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ObserveAsync(key, kept, token), cancellationToken);

    /// <inheritdoc/>
    public Task<IPPoolStatus?> ObservePoolAsync(string pool, CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.ObservePoolAsync(pool, token), cancellationToken);

    /// <inheritdoc/>
    public Task<EquatableArray<ObjectKey>> SweepAsync(CancellationToken cancellationToken) =>
        TurnAsync((grain, token) => grain.SweepAsync(token), cancellationToken);
}
