using Fabric.Resources;

namespace Fabric.Grains.Claims;

/// <summary>Who holds a claim: the Nic that uses it, the StaticIP that keeps it, or both. With neither there is no claim.</summary>
/// <param name="Owner">The Nic, or null.</param>
/// <param name="Reservation">The StaticIP, or null.</param>
/// <remarks>Each change gives what is to be written; where it is not allowed, what was there.</remarks>
public readonly record struct ClaimHolders(ClaimOwner? Owner, ClaimOwner? Reservation)
{
    /// <summary>Nobody holds it.</summary>
    public bool IsEmpty => Owner is null && Reservation is null;

    /// <summary>Whether the Nic of this uid uses it.</summary>
    public bool IsOwnedBy(string uid) => Owner?.Uid == uid;

    /// <summary>Whether the StaticIP of this uid keeps it.</summary>
    public bool IsReservedBy(string uid) => Reservation?.Uid == uid;

    /// <summary>A Nic takes it if it is free, or kept by a StaticIP that is for this Nic.</summary>
    /// <param name="owner">The Nic.</param>
    /// <param name="isForOwner">Whether a StaticIP is for the Nic.</param>
    public ClaimHolders Take(ClaimOwner owner, Func<ClaimOwner, bool> isForOwner) =>
        Owner is null && (Reservation is null || isForOwner(Reservation)) ? this with { Owner = owner } : this;

    /// <summary>A Nic gives it up; a StaticIP goes on keeping it.</summary>
    public ClaimHolders Release(string ownerUid) => IsOwnedBy(ownerUid) ? this with { Owner = null } : this;

    /// <summary>A StaticIP keeps it if nobody has it, or only a Nic that the StaticIP is for.</summary>
    /// <param name="by">The StaticIP.</param>
    /// <param name="isFor">Whether the StaticIP is for a Nic.</param>
    public ClaimHolders Reserve(ClaimOwner by, Func<ClaimOwner, bool> isFor) =>
        Reservation is null && (Owner is null || isFor(Owner)) ? this with { Reservation = by } : this;

    /// <summary>A StaticIP lets it go; a Nic goes on using it.</summary>
    public ClaimHolders Unreserve(string uid) => IsReservedBy(uid) ? this with { Reservation = null } : this;

    /// <summary><c>Nic namespace/name</c>, <c>StaticIP namespace/name</c>, or both, for messages.</summary>
    public override string ToString() => (Owner, Reservation) switch
    {
        (not null, not null) => $"Nic {Owner} and kept for it by StaticIP {Reservation}",
        (not null, null) => $"Nic {Owner}",
        (null, not null) => $"StaticIP {Reservation}",
        _ => "nobody",
    };
}
