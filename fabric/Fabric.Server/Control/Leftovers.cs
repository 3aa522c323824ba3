using Fabric.Grains.Runtime;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Kube;
using Fabric.Kube.Queues;
using Fabric.Realization;
using Fabric.Resources;
using Fabric.Server.Policies;
using Microsoft.Extensions.Logging;

namespace Fabric.Server.Control;

/// <summary>
/// Finds what was left behind: claims and rows of objects that are no more, because they went by force, or because whoever worked on
/// them died, or did not know that it was no longer its work.
/// </summary>
/// <remarks>The copies only arouse suspicion; before anything goes, the API is asked.</remarks>
internal sealed class Leftovers(
    Watched watched, KubeClient client, NorthboundRealizer northbound, PolicyBook book, IGrainFactory grains, WorkQueue<WorkItem> queue, ILogger logger)
{
    /// <summary>Looks whether an address that was taken lately is needed: alone, since a Subnet may have very many, and one comes with every Nic.</summary>
    /// <returns>When to look again: as long as its Nic has not said what it uses.</returns>
    internal TimeSpan? LookAtAddress(ObjectKey key) => watched.IPClaims.Get(key) is { } claim
        ? LookAt(ClaimAudit.Of(claim, watched.NicOf(claim.Spec.Owner), watched.StaticIPOf(claim.Spec.Reservation)), claim.Spec.Owner, WorkItem.UnusedAddresses(claim.Spec.Subnet))
        : null;

    /// <summary>As <see cref="LookAtAddress"/>, for a MAC.</summary>
    internal TimeSpan? LookAtMac(ObjectKey key) => watched.MacClaims.Get(key) is { } claim
        ? LookAt(ClaimAudit.Of(claim, watched.NicOf(claim.Spec.Owner), watched.StaticIPOf(claim.Spec.Reservation)), claim.Spec.Owner, WorkItem.UnusedMacs(claim.Spec.Vpc))
        : null;

    /// <summary>Gives back the addresses of a Subnet that are taken for nobody, and has Nics look that hold more than they use.</summary>
    internal async Task<TimeSpan?> GiveBackAddressesAsync(string subnet, CancellationToken cancellationToken)
    {
        if (await AuditAsync(watched.ClaimsOfSubnet.Find(subnet), claim => ClaimAudit.Of(claim, watched.NicOf(claim.Spec.Owner), watched.StaticIPOf(claim.Spec.Reservation)), claim => claim.Spec.Owner, cancellationToken))
        {
            await grains.GetGrain<ISubnetGrain>(new ObjectKey(subnet)).SweepAsync(cancellationToken);
        }

        return null;
    }

    /// <summary>As <see cref="GiveBackAddressesAsync"/>, for the MACs of a Vpc.</summary>
    internal async Task<TimeSpan?> GiveBackMacsAsync(string vpc, CancellationToken cancellationToken)
    {
        if (await AuditAsync(watched.ClaimsOfVpc.Find(vpc), claim => ClaimAudit.Of(claim, watched.NicOf(claim.Spec.Owner), watched.StaticIPOf(claim.Spec.Reservation)), claim => claim.Spec.Owner, cancellationToken))
        {
            await grains.GetGrain<IVpcGrain>(new ObjectKey(vpc)).SweepAsync(cancellationToken);
        }

        return null;
    }

    /// <summary>Removes OVN's rows of objects that are no more.</summary>
    internal async Task<TimeSpan?> RemoveRowsAsync(CancellationToken cancellationToken)
    {
        var removed = await northbound.SweepAsync(ExistsAsync, cancellationToken);
        if (removed.Count > 0)
        {
            logger.LogInformation("Removed OVN's rows of {Count} objects that are gone", removed.Count);
        }

        return null;
    }

    /// <param name="all">Where it is: looked through when this one is for nobody.</param>
    private TimeSpan? LookAt(ClaimVerdict verdict, ClaimOwner? owner, WorkItem all)
    {
        var nic = watched.NicOf(owner);
        if (verdict == ClaimVerdict.Orphaned)
        {
            queue.Add(all);
        }
        else if (verdict == ClaimVerdict.Unnamed && nic is not null)
        {
            queue.Add(WorkItem.Of(nic));
        }

        return nic is { Status: null } ? Triggers.LeftoverDelay : null;
    }

    /// <summary>Looks through claims.</summary>
    /// <returns>Whether some seem to be taken for nobody.</returns>
    private async Task<bool> AuditAsync<T>(
        IReadOnlyList<T> claims, Func<T, ClaimVerdict> audit, Func<T, ClaimOwner?> ownerOf, CancellationToken cancellationToken)
    {
        var verdicts = claims.Select(claim => (Verdict: audit(claim), Owner: ownerOf(claim))).ToList();
        foreach (var (_, owner) in verdicts.Where(each => each.Verdict == ClaimVerdict.Unnamed))
        {
            if (watched.NicOf(owner) is { } nic)
            {
                queue.Add(WorkItem.Of(nic));
            }
        }

        var orphaned = verdicts.Where(each => each.Verdict == ClaimVerdict.Orphaned).ToList();
        // An address is free only when nobody answers to it any more.
        foreach (var nic in orphaned.Select(each => each.Owner).OfType<ClaimOwner>().Select(owner => new ObjectKey(owner.Namespace, owner.Name)).Distinct())
        {
            if (await client.Resource(ResourceTypes.Nics).GetAsync(nic, cancellationToken) is null)
            {
                await northbound.RemoveAsync(RowOwner.Nic(nic), cancellationToken);
            }
        }

        return orphaned.Count > 0;
    }

    private async ValueTask<bool> ExistsAsync(RowOwner owner, CancellationToken cancellationToken) => owner.Kind switch
    {
        RowOwnerKind.Vpc => watched.Vpcs.Get(owner.Key) is not null || await client.Resource(ResourceTypes.Vpcs).GetAsync(owner.Key, cancellationToken) is not null,
        RowOwnerKind.Subnet => watched.Subnets.Get(owner.Key) is not null || await client.Resource(ResourceTypes.Subnets).GetAsync(owner.Key, cancellationToken) is not null,
        RowOwnerKind.SecurityGroup => watched.SecurityGroups.Get(owner.Key) is not null || await client.Resource(ResourceTypes.SecurityGroups).GetAsync(owner.Key, cancellationToken) is not null,
        RowOwnerKind.NetworkPolicy => watched.NetworkPolicies.Get(owner.Key) is not null || await client.Resource(ResourceTypes.NetworkPolicies).GetAsync(owner.Key, cancellationToken) is not null,
        RowOwnerKind.Peers => book.Uses(owner),
        _ => watched.Nics.Get(owner.Key) is not null || await client.Resource(ResourceTypes.Nics).GetAsync(owner.Key, cancellationToken) is not null,
    };
}
