using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Claims;

/// <summary>Gives back what is held for Nics and StaticIPs that are no more.</summary>
public static class ClaimSweep
{
    /// <summary>Looks whether the holders of an address live, and gives it back for those that do not.</summary>
    /// <returns>The Nic that holds the address, or null when none does.</returns>
    public static async Task<ObjectKey?> GiveBackAsync(IObjectStore store, AddressClaims claims, IPClaim claim, CancellationToken cancellationToken)
    {
        var (address, holders) = (claim.Spec.Address, claim.Holders());
        var lives = await LivesAsync(store, ResourceTypes.Nics, holders.Owner, cancellationToken);
        if (holders.Owner is { } owner && !lives)
            await claims.ReleaseAsync(address, owner.Uid, version: null, cancellationToken);
        if (holders.Reservation is { } by && !await LivesAsync(store, ResourceTypes.StaticIPs, by, cancellationToken))
            await claims.UnreserveAsync(address, by.Uid, cancellationToken);
        return lives ? new ObjectKey(holders.Owner!.Namespace, holders.Owner.Name) : null;
    }

    /// <summary>Looks whether the holders of a MAC live, and gives it back for those that do not.</summary>
    public static async Task GiveBackAsync(IObjectStore store, MacClaims claims, MacClaim claim, CancellationToken cancellationToken)
    {
        var (mac, holders) = (claim.Spec.MacAddress, claim.Holders());
        if (holders.Owner is { } owner && !await LivesAsync(store, ResourceTypes.Nics, owner, cancellationToken))
            await claims.ReleaseAsync(mac, owner.Uid, version: null, cancellationToken);
        if (holders.Reservation is { } by && !await LivesAsync(store, ResourceTypes.StaticIPs, by, cancellationToken))
            await claims.UnreserveAsync(mac, by.Uid, cancellationToken);
    }

    /// <summary>
    /// Whether the holder is there. One that was not seen, or another one of its name was, is asked for after the claim was read: one of
    /// this uid that is gone now was there before the claim and never comes back.
    /// </summary>
    private static async Task<bool> LivesAsync<T>(IObjectStore store, ResourceType<T> type, ClaimOwner? holder, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        if (holder is null)
            return false;
        var key = new ObjectKey(holder.Namespace, holder.Name);
        return (await store.FindAsync(type, key, cancellationToken))?.Metadata.Uid == holder.Uid
            || (await store.GetAsync(type, key, cancellationToken))?.Metadata.Uid == holder.Uid;
    }
}
