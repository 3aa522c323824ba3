using Fabric.Resources;

namespace Fabric.Grains.Claims;

/// <summary>One of the two kinds of claims, as far as both are alike.</summary>
/// <param name="Type">The kind.</param>
/// <param name="HoldersOf">Who holds a claim.</param>
/// <param name="WithHolders">A claim with other holders.</param>
public sealed record ClaimKind<T>(ResourceType<T> Type, Func<T, ClaimHolders> HoldersOf, Func<T, ClaimHolders, T> WithHolders)
    where T : class, IKubeObject;

/// <summary>The two kinds of claims.</summary>
public static class ClaimKinds
{
    /// <summary>Addresses.</summary>
    public static ClaimKind<IPClaim> Addresses { get; } = new(
        ResourceTypes.IPClaims,
        claim => claim.Holders(),
        (claim, holders) => claim with { Spec = claim.Spec with { Owner = holders.Owner, Reservation = holders.Reservation } });

    /// <summary>MACs.</summary>
    public static ClaimKind<MacClaim> Macs { get; } = new(
        ResourceTypes.MacClaims,
        claim => claim.Holders(),
        (claim, holders) => claim with { Spec = claim.Spec with { Owner = holders.Owner, Reservation = holders.Reservation } });

    /// <summary>Who holds an address.</summary>
    public static ClaimHolders Holders(this IPClaim claim) => new(claim.Spec.Owner, claim.Spec.Reservation);

    /// <summary>Who holds a MAC.</summary>
    public static ClaimHolders Holders(this MacClaim claim) => new(claim.Spec.Owner, claim.Spec.Reservation);
}
