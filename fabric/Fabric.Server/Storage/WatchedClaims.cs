using Fabric.Grains.Claims;
using Fabric.Resources;
using Fabric.Server.Control;

namespace Fabric.Server.Storage;

/// <summary>The claims as the control plane's copies have them.</summary>
internal sealed class WatchedClaims(Watched watched) : IClaimView
{
    public Task<IReadOnlyCollection<IPClaim>> AddressesOfAsync(string subnet, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyCollection<IPClaim>>(watched.ClaimsOfSubnet.Find(subnet));

    public Task<IReadOnlyCollection<MacClaim>> MacsOfAsync(string vpc, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyCollection<MacClaim>>(watched.ClaimsOfVpc.Find(vpc));

    public Task<IReadOnlyCollection<MacClaim>> MacsOfAsync(string vpc, string ownerUid, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyCollection<MacClaim>>([.. watched.MacsOfNic.Find(ownerUid).Where(claim => claim.Spec.Vpc == vpc)]);
}
