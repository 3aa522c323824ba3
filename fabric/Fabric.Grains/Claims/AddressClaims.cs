using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Claims;

/// <summary>The claims of a Subnet's addresses.</summary>
/// <param name="store">Where they are.</param>
/// <param name="subnet">The Subnet's name.</param>
/// <param name="note">Is told what a claim was found to be: <see cref="ISubnetGrain.NoteAsync"/>.</param>
public sealed class AddressClaims(IObjectStore store, string subnet, Func<IpAddress, ClaimHolders, CancellationToken, Task> note)
{
    private readonly ClaimBook<IPClaim> _book = new(store, ClaimKinds.Addresses);

    /// <summary>Makes sure that a Nic holds an address, by making the claim, taking it, or finding its own.</summary>
    /// <returns>Who holds the address now.</returns>
    public Task<ClaimHolders> TakeAsync(IpAddress address, ClaimOwner owner, Func<ClaimOwner, bool> isForOwner, bool isThoughtFree, CancellationToken cancellationToken) =>
        ChangeAsync(address, (_, holders) => holders.Take(owner, isForOwner), isThoughtFree, cancellationToken);

    /// <summary>Makes sure that a StaticIP keeps an address.</summary>
    /// <returns>Who holds the address now.</returns>
    public Task<ClaimHolders> ReserveAsync(IpAddress address, ClaimOwner by, Func<ClaimOwner, bool> isFor, CancellationToken cancellationToken) =>
        ChangeAsync(address, (_, holders) => holders.Reserve(by, isFor), isThoughtFree: false, cancellationToken);

    /// <summary>Lets a StaticIP's address go.</summary>
    public Task UnreserveAsync(IpAddress address, string uid, CancellationToken cancellationToken) =>
        ChangeAsync(address, (_, holders) => holders.Unreserve(uid), isThoughtFree: false, cancellationToken);

    /// <summary>Gives back an address that a Nic holds.</summary>
    /// <param name="address">The address.</param>
    /// <param name="ownerUid">The Nic.</param>
    /// <param name="version">Only by the claim in this version; null in whatever version, for a Nic that is going.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ReleaseAsync(IpAddress address, string ownerUid, string? version, CancellationToken cancellationToken) => ChangeAsync(
        address,
        (claim, holders) => version is null || claim?.Metadata.ResourceVersion == version ? holders.Release(ownerUid) : holders,
        isThoughtFree: false,
        cancellationToken);

    /// <summary>Which of these addresses a Nic holds by claims that are there now.</summary>
    public async Task<EquatableArray<HeldAddress>> ConfirmAsync(IEnumerable<IpAddress> addresses, string ownerUid, CancellationToken cancellationToken)
    {
        var held = new List<HeldAddress>();
        foreach (var address in addresses)
        {
            var claim = await _book.ReadAsync(IPClaim.NameOf(subnet, address), cancellationToken);
            await note(address, claim?.Holders() ?? default, cancellationToken);
            if (claim is not null && claim.Holders().IsOwnedBy(ownerUid))
                held.Add(new HeldAddress(address, claim.Metadata.ResourceVersion!));
        }
        return [.. held];
    }

    private async Task<ClaimHolders> ChangeAsync(
        IpAddress address, Func<IPClaim?, ClaimHolders, ClaimHolders> change, bool isThoughtFree, CancellationToken cancellationToken)
    {
        var unheld = new IPClaim
        {
            Metadata = new ObjectMeta { Name = IPClaim.NameOf(subnet, address), Labels = ClaimLabels.OfSubnet(subnet) },
            Spec = new IPClaimSpec { Subnet = subnet, Address = address },
        };
        var claim = await _book.ChangeAsync(unheld, change, isThoughtFree, cancellationToken);
        var holders = claim?.Holders() ?? default;
        await note(address, holders, cancellationToken);
        return holders;
    }
}
