using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Claims;

/// <summary>
/// The claims as they were last seen. It may be behind: it says which address to try and what to look at, never that one
/// is free or somebody's.
/// </summary>
public interface IClaimView
{
    /// <summary>The claims of addresses in a Subnet.</summary>
    Task<IReadOnlyCollection<IPClaim>> AddressesOfAsync(string subnet, CancellationToken cancellationToken);

    /// <summary>The claims of MACs in a Vpc.</summary>
    Task<IReadOnlyCollection<MacClaim>> MacsOfAsync(string vpc, CancellationToken cancellationToken);

    /// <summary>The claims of MACs that a Nic holds in a Vpc.</summary>
    Task<IReadOnlyCollection<MacClaim>> MacsOfAsync(string vpc, string ownerUid, CancellationToken cancellationToken);
}

/// <summary>The claims as the store has them, read whenever they are asked for.</summary>
public sealed class StoredClaims(IObjectStore store) : IClaimView
{
    /// <inheritdoc/>
    public async Task<IReadOnlyCollection<IPClaim>> AddressesOfAsync(string subnet, CancellationToken cancellationToken)
    {
        var claims = await store.ListAsync(ResourceTypes.IPClaims, ClaimLabels.SelectSubnet(subnet), cancellationToken);
        return [.. claims.Where(claim => claim.Spec.Subnet == subnet)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyCollection<MacClaim>> MacsOfAsync(string vpc, CancellationToken cancellationToken)
    {
        var claims = await store.ListAsync(ResourceTypes.MacClaims, ClaimLabels.SelectVpc(vpc), cancellationToken);
        return [.. claims.Where(claim => claim.Spec.Vpc == vpc)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyCollection<MacClaim>> MacsOfAsync(string vpc, string ownerUid, CancellationToken cancellationToken) =>
        [.. (await MacsOfAsync(vpc, cancellationToken)).Where(claim => claim.Spec.Owner?.Uid == ownerUid)];
}
