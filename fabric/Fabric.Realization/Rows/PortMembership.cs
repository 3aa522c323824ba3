using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>Which ports are in which port groups (ovn-nb(5), table Port_Group, column <c>ports</c>).</summary>
/// <remarks>
/// A port's places are planned with the port, in one transaction, so that it is never without its rules; one port that comes, changes
/// or goes touches nobody else's. A group that comes has all its ports from its first moment. When a port goes, the server takes
/// it out of its groups (a weak reference, RFC 7047 §3.2).
/// </remarks>
internal static class PortMembership
{
    /// <summary>The groups of ours that are not there, and without which a port must not come into being.</summary>
    internal static IReadOnlyList<RowAddress> MissingFor(TransactionPlan plan, IPortGroups groups, RowOwner nic) =>
        plan.Resolve(NorthboundNames.PortRow(nic.Key)) is not null ? [] : [.. groups.RequiredBy(nic.Key).Where(group => plan.Resolve(group) is null)];

    /// <summary>Has a Nic's port be in the groups where it belongs, and in no other of ours.</summary>
    internal static void PlanPort(TransactionPlan plan, IPortGroups groups, RowOwner nic)
    {
        if (plan.Resolve(NorthboundNames.PortRow(nic.Key)) is not { } port)
        {
            return;
        }

        // A port that comes concerns nobody's remembered verdicts; one that is there already may.
        var isNew = plan.IsInserted(port);
        foreach (var group in groups.GroupsOf(nic.Key).Distinct())
        {
            if (plan.Resolve(group) is { } row && !plan.IsInserted(row) && !IsIn(plan, port, row))
            {
                ChangesOf(plan, row).Added.Add(port);
                plan.ChangePolicy(!isNew);
            }
        }

        foreach (var row in plan.GroupsWith(port))
        {
            if (plan.Snapshot.Table<PortGroup>().Find(row) is { } group && !plan.IsRemoved(row)
                && RowIdentity.Read(group.ExternalIds) is { } identity
                && groups.IsMember(nic.Key, new(PortGroup.Table, identity)) == false)
            {
                ChangesOf(plan, row).Removed.Add(port);
                plan.ChangePolicy(true);
            }
        }
    }

    /// <summary>Fills the groups of an owner that come into being.</summary>
    internal static void PlanNewGroups(TransactionPlan plan, IPortGroups groups, IEnumerable<DesiredRow> rows)
    {
        foreach (var address in rows.Select(row => row.Address).Where(address => address.Table == PortGroup.Table))
        {
            if (plan.Resolve(address) is not { } group || !plan.IsInserted(group))
            {
                continue;
            }

            foreach (var nic in groups.MembersOf(address))
            {
                if (plan.Resolve(NorthboundNames.PortRow(nic)) is { } port)
                {
                    ChangesOf(plan, group).Added.Add(port);
                }
            }
        }
    }

    private static bool IsIn(TransactionPlan plan, Guid port, Guid group) => plan.GroupsWith(port).Contains(group);

    private static MembershipChanges ChangesOf(TransactionPlan plan, Guid group) => plan.PortChangesOf(
        group,
        changes => Row.Mutate<PortGroup>(
            group,
            [
                PortGroup.Columns.Ports.Delete([.. changes.Removed.Select(RowId.Of)]),
                PortGroup.Columns.Ports.Insert([.. changes.Added.Distinct().Select(RowId.Of)]),
            ]));
}
