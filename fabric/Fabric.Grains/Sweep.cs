using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Resources;

namespace Fabric.Grains;

/// <summary>Finds claims that nobody needs, also those of Subnets and Vpcs that are gone.</summary>
public static class Sweep
{
    /// <summary>Removes every claim whose Nic is no more.</summary>
    /// <returns>The Nics that hold addresses: reconciling them releases what they hold too much.</returns>
    public static async Task<IReadOnlyCollection<ObjectKey>> RunAsync(IGrainFactory grains, IObjectStore store, CancellationToken cancellationToken)
    {
        var subnets = (await store.ListAsync(ResourceTypes.IPClaims, labels: null, cancellationToken)).Select(claim => claim.Spec.Subnet);
        var nics = new HashSet<ObjectKey>();
        foreach (var subnet in subnets.Distinct())
            nics.UnionWith(await grains.GetGrain<ISubnetGrain>(new ObjectKey(subnet)).SweepAsync(cancellationToken));
        var vpcs = (await store.ListAsync(ResourceTypes.MacClaims, labels: null, cancellationToken)).Select(claim => claim.Spec.Vpc);
        foreach (var vpc in vpcs.Distinct())
            await grains.GetGrain<IVpcGrain>(new ObjectKey(vpc)).SweepAsync(cancellationToken);
        return nics;
    }
}
