using Fabric.Grains.Storage;
using Fabric.Grains.Vpcs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Claims;

/// <summary>The claims of MACs in a Vpc. They need no grain: a MAC is asked for by name, or made up from the Nic's uid.</summary>
public sealed class MacClaims(IObjectStore store, IClaimView view, string vpc)
{
    /// <summary>Collisions of generated MACs are one in 2^46 for each pair: more than a few in a row means that something is wrong.</summary>
    private const int GenerateAttempts = 16;

    private readonly ClaimBook<MacClaim> _book = new(store, ClaimKinds.Macs);

    /// <summary>Gives the Nic a MAC, the one it has if it has one.</summary>
    /// <returns>The grant, or <see cref="MacTaken"/> or <see cref="MacUnusable"/>.</returns>
    public async Task<Outcome<MacGrant>> ClaimAsync(MacRequest request, CancellationToken cancellationToken)
    {
        var held = (await view.MacsOfAsync(vpc, request.Owner.Uid, cancellationToken)).Select(claim => claim.Spec.MacAddress).Order().ToArray();
        var refused = default(MacTaken);
        foreach (var (mac, isThoughtFree) in Candidates(request, held))
        {
            if (mac == request.Current && await IsKnownAsync(mac, request.Owner.Uid, cancellationToken))
                return new MacGrant(mac, await ConfirmAsync(held.Where(other => other != mac), request.Owner.Uid, cancellationToken));
            var claim = await ChangeAsync(mac, (_, holders) => holders.Take(request.Owner, request.IsForOwner), isThoughtFree, cancellationToken);
            var holders = claim?.Holders() ?? default;
            if (holders.IsOwnedBy(request.Owner.Uid))
                return new MacGrant(mac, await ConfirmAsync(held.Where(other => other != mac), request.Owner.Uid, cancellationToken));
            refused = new MacTaken(mac, holders, vpc) { Field = request.Wanted is null ? null : "spec.macAddress" };
        }
        return refused!;
    }

    /// <summary>Makes sure that a StaticIP keeps a MAC.</summary>
    /// <returns>Who holds the MAC now.</returns>
    public async Task<ClaimHolders> ReserveAsync(MacAddress mac, ClaimOwner by, Func<ClaimOwner, bool> isFor, CancellationToken cancellationToken) =>
        (await ChangeAsync(mac, (_, holders) => holders.Reserve(by, isFor), isThoughtFree: false, cancellationToken))?.Holders() ?? default;

    /// <summary>Lets a StaticIP's MAC go.</summary>
    public Task UnreserveAsync(MacAddress mac, string uid, CancellationToken cancellationToken) =>
        ChangeAsync(mac, (_, holders) => holders.Unreserve(uid), isThoughtFree: false, cancellationToken);

    /// <summary>Gives back a MAC that a Nic holds.</summary>
    /// <param name="mac">The MAC.</param>
    /// <param name="ownerUid">The Nic.</param>
    /// <param name="version">Only by the claim in this version; null in whatever version, for a Nic that is going.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ReleaseAsync(MacAddress mac, string ownerUid, string? version, CancellationToken cancellationToken) => ChangeAsync(
        mac,
        (claim, holders) => version is null || claim?.Metadata.ResourceVersion == version ? holders.Release(ownerUid) : holders,
        isThoughtFree: false,
        cancellationToken);

    /// <summary>Gives back all MACs that a Nic holds, as far as they are known, and the one it names. Only for a Nic that is going.</summary>
    public async Task ReleaseAllAsync(string ownerUid, MacAddress? named, CancellationToken cancellationToken)
    {
        var held = (await view.MacsOfAsync(vpc, ownerUid, cancellationToken)).Select(claim => claim.Spec.MacAddress);
        foreach (var mac in held.Concat(named is { } mine ? [mine] : []).Distinct().ToArray())
            await ReleaseAsync(mac, ownerUid, version: null, cancellationToken);
    }

    /// <summary>Whether the claim of a MAC that the status names was seen to be the Nic's: it was made before it was named.</summary>
    private async Task<bool> IsKnownAsync(MacAddress mac, string ownerUid, CancellationToken cancellationToken) =>
        (await store.FindAsync(ResourceTypes.MacClaims, new ObjectKey(MacClaim.NameOf(vpc, mac)), cancellationToken))?.Holders().IsOwnedBy(ownerUid) == true;

    private static IEnumerable<(MacAddress Mac, bool IsThoughtFree)> Candidates(MacRequest request, MacAddress[] held)
    {
        if (request.Wanted is { } wanted)
            return [(wanted, false)];
        var known = (request.Current is { } current ? [current] : Enumerable.Empty<MacAddress>()).Concat(held).Select(mac => (mac, false));
        return known.Concat(Enumerable.Range(0, GenerateAttempts).Select(attempt => (GeneratedMac.For(request.Owner.Uid, attempt), attempt == 0)));
    }

    private async Task<EquatableArray<HeldMac>> ConfirmAsync(IEnumerable<MacAddress> macs, string ownerUid, CancellationToken cancellationToken)
    {
        var held = new List<HeldMac>();
        foreach (var mac in macs)
        {
            if (await _book.ReadAsync(MacClaim.NameOf(vpc, mac), cancellationToken) is { } claim && claim.Holders().IsOwnedBy(ownerUid))
                held.Add(new HeldMac(mac, claim.Metadata.ResourceVersion!));
        }
        return [.. held];
    }

    private Task<MacClaim?> ChangeAsync(MacAddress mac, Func<MacClaim?, ClaimHolders, ClaimHolders> change, bool isThoughtFree, CancellationToken cancellationToken) =>
        _book.ChangeAsync(
            new MacClaim
            {
                Metadata = new ObjectMeta { Name = MacClaim.NameOf(vpc, mac), Labels = ClaimLabels.OfVpc(vpc) },
                Spec = new MacClaimSpec { Vpc = vpc, MacAddress = mac },
            },
            change,
            isThoughtFree,
            cancellationToken);
}
