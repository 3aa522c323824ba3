using Fabric.Grains.Runtime;
using Fabric.Grains.Vpcs;
using Fabric.Kube.Leases;
using Fabric.Kube.Queues;
using Fabric.Realization;
using Fabric.Resources;
using Fabric.Server.Control;
using Fabric.Server.Policies;
using Microsoft.Extensions.Logging;

namespace Fabric.Server.Sharing;

/// <summary>Takes up what becomes this replica's, and gives up what becomes another's, when replicas come and go.</summary>
/// <remarks>
/// Two replicas may both work on a thing for a moment: claims and conflict-checked writes make that safe. What is done here keeps the
/// moment short, and keeps two from healing OVN's rows against each other.
/// </remarks>
internal sealed class Handover(
    string identity, Watched watched, ShareGate gate, NorthboundRealizer northbound, PolicyRealizer policies, GrainRuntime grains, WorkQueue<WorkItem> queue, ILogger logger)
{
    /// <summary>Goes from what was to what is; not to be called twice at a time.</summary>
    internal void Apply(GroupView view)
    {
        if (!view.IsMember)
        {
            gate.Close();
            northbound.Pause();
            logger.LogWarning("{Identity} could not renew its lease in time and pauses, since others may take over", identity);
            return;
        }

        var (before, after) = (gate.Share, new Share(identity, view.Term, view.Members));
        if (after != before)
        {
            Move(before, after);
        }

        northbound.Resume();
        gate.Open(after);
    }

    /// <summary>Wants nothing of OVN for an object that is another replica's; its rows stay.</summary>
    internal void GiveUp(WorkItem item)
    {
        if (item.Kind == WorkKind.Vpc)
        {
            // The Nics that are here ask it, whoever has it; what it knew may have changed.
            grains.Deactivate<IVpcGrain>(item.Key);
        }

        if (item.Kind == WorkKind.Policies)
        {
            policies.GiveUp();
        }

        if (item.RowOwner is { } owner)
        {
            northbound.Forget(owner);
        }
    }

    private void Move(Share before, Share after)
    {
        // As the status says, before a grain may find fault with the object: what is there stays.
        var wanted = Want(after, before);
        gate.Open(after);
        // What a grain remembers may be from before another replica had it.
        grains.DeactivateAll();

        // Only now: what comes into being from here on is worked on by the new share anyway.
        var items = watched.Items().Distinct().ToList();
        var gained = items.Where(item => after.HasGained(item.Share, before)).ToList();
        var lost = items.Where(item => after.HasLost(item.Share, before)).ToList();
        lost.ForEach(GiveUp);
        // Work that had begun on what was lost may want rows again; the next look gives them up.
        lost.ForEach(queue.Add);
        Queue(gained);
        foreach (var item in watched.Leftovers())
        {
            queue.Add(item);
        }

        logger.LogInformation(
            "{Identity} shares the work as one of {Members}: it has {Subnets} of {All} Subnets, took over {Gained} objects and gave up {Lost}",
            identity, after.Members, watched.Subnets.List().Count(subnet => after.Owns(WorkItem.Of(subnet).Share)), watched.Subnets.Count, gained.Count, lost.Count);
        _ = TellWhenDoneAsync(wanted);
    }

    /// <summary>Nics that lack nothing are looked at last, so that nobody who asks for something waits behind them.</summary>
    private void Queue(List<WorkItem> gained)
    {
        var atRest = watched.Nics.List().Where(IsAtRest).Select(WorkItem.Of).ToHashSet();
        foreach (var item in gained)
        {
            if (atRest.Contains(item))
            {
                queue.AddBehind(item);
            }
            else
            {
                queue.Add(item);
            }
        }
    }

    private static bool IsAtRest(Nic nic) =>
        !nic.Metadata.IsDeleting && nic.Status is { } status && status.ObservedGeneration == nic.Metadata.Generation
        && status.Conditions.Find(Condition.Ready) is { IsTrue: true };

    private List<Task> Want(Share after, Share before) =>
    [
        .. watched.Vpcs.List()
            .Where(vpc => after.HasGained(WorkItem.Of(vpc).Share, before))
            .Select(vpc => northbound.ApplyAsync(vpc, CancellationToken.None)),
        .. watched.Subnets.List()
            .Where(subnet => subnet.Status?.Switch is not null && after.HasGained(WorkItem.Of(subnet).Share, before))
            .Select(subnet => northbound.ApplyAsync(subnet, CancellationToken.None)),
        .. watched.Nics.List()
            .Where(nic => nic.Status is not null && after.HasGained(WorkItem.Of(nic).Share, before))
            .Select(nic => northbound.ApplyAsync(nic, CancellationToken.None)),
    ];

    private async Task TellWhenDoneAsync(List<Task> wanted)
    {
        // What stands in the way of one is said when its grain wants the same.
        var all = Task.WhenAll(wanted);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (all.IsCompletedSuccessfully)
        {
            logger.LogInformation("OVN is as the objects say");
        }
    }
}
