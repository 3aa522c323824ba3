using System.Collections.Immutable;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>How the rows of a table are kept: which columns are ours, and which row holds each.</summary>
public abstract class RealizedTable
{
    private protected RealizedTable(Table table, bool isPolicy)
    {
        Table = table;
        IsPolicy = isPolicy;
    }

    /// <summary>The tables written to, each after those its rows refer to.</summary>
    public static ImmutableArray<RealizedTable> All => [Router, Switch, RouterPort, Dhcp, SwitchPort, AddressSet, PortGroup, Acl];

    /// <summary>Logical routers.</summary>
    public static RealizedTable<LogicalRouter> Router { get; } = new(
        [LogicalRouter.Columns.Name, LogicalRouter.Columns.Enabled, LogicalRouter.Columns.Options], isPolicy: true);

    /// <summary>Logical switches.</summary>
    public static RealizedTable<LogicalSwitch> Switch { get; } = new([LogicalSwitch.Columns.Name, LogicalSwitch.Columns.OtherConfig]);

    /// <summary>Router ports, held by their router.</summary>
    public static RealizedTable<LogicalRouterPort> RouterPort { get; } = new(
        [
            LogicalRouterPort.Columns.Name, LogicalRouterPort.Columns.Mac, LogicalRouterPort.Columns.Networks, LogicalRouterPort.Columns.Enabled,
            LogicalRouterPort.Columns.Peer, LogicalRouterPort.Columns.Options, LogicalRouterPort.Columns.Ipv6RaConfigs,
        ],
        [new Containment<LogicalRouter>(LogicalRouter.Columns.Ports)],
        isPolicy: true);

    /// <summary>DHCP options.</summary>
    public static RealizedTable<DhcpOptions> Dhcp { get; } = new([DhcpOptions.Columns.Cidr, DhcpOptions.Columns.Options]);

    /// <summary>Switch ports, held by their switch.</summary>
    public static RealizedTable<LogicalSwitchPort> SwitchPort { get; } = new(
        [
            LogicalSwitchPort.Columns.Name, LogicalSwitchPort.Columns.Type, LogicalSwitchPort.Columns.Options, LogicalSwitchPort.Columns.Addresses,
            LogicalSwitchPort.Columns.PortSecurity, LogicalSwitchPort.Columns.Dhcpv4Options, LogicalSwitchPort.Columns.Dhcpv6Options,
            LogicalSwitchPort.Columns.Enabled, LogicalSwitchPort.Columns.ParentName, LogicalSwitchPort.Columns.TagRequest,
        ],
        [new Containment<LogicalSwitch>(LogicalSwitch.Columns.Ports)])
    {
        // A port that two nodes have is reached otherwise than what nodes remember of it, and what a port may send they remember by flow.
        ChangesWays = (before, after) => IsShared(before) || IsShared(after) || before.PortSecurity != after.PortSecurity,
    };

    /// <summary>Address sets, which rules know by name.</summary>
    public static RealizedTable<AddressSet> AddressSet { get; } = new(
        [Ovs.Northbound.AddressSet.Columns.Name, Ovs.Northbound.AddressSet.Columns.Addresses], isPolicy: true);

    /// <summary>Port groups. Which ports are in one is not the row's own but each port's: <see cref="PortMembership"/>.</summary>
    public static RealizedTable<PortGroup> PortGroup { get; } = new([Ovs.Northbound.PortGroup.Columns.Name], isPolicy: true);

    /// <summary>Rules, held by their switch or port group.</summary>
    public static RealizedTable<Acl> Acl { get; } = new(
        [
            Ovs.Northbound.Acl.Columns.Priority, Ovs.Northbound.Acl.Columns.Direction, Ovs.Northbound.Acl.Columns.Match, Ovs.Northbound.Acl.Columns.Action,
            Ovs.Northbound.Acl.Columns.Options, Ovs.Northbound.Acl.Columns.Name, Ovs.Northbound.Acl.Columns.Log, Ovs.Northbound.Acl.Columns.Severity,
        ],
        [new Containment<LogicalSwitch>(LogicalSwitch.Columns.Acls), new Containment<PortGroup>(Ovs.Northbound.PortGroup.Columns.Acls)],
        isPolicy: true);

    private static bool IsShared(LogicalSwitchPort port) => port.Options.TryGetValue(Render.RequestedChassis, out var nodes) && nodes.Contains(',', StringComparison.Ordinal);

    internal Table Table { get; }

    /// <summary>
    /// Whether rows say what may pass and where it goes. Nodes that remember verdicts are told when one has changed; the
    /// coming and going of ports and how they are told their addresses concerns nobody else's traffic.
    /// </summary>
    internal bool IsPolicy { get; }

    /// <summary>The rows that changed and carry, or carried, an identity of ours.</summary>
    internal abstract IEnumerable<OwnedRowChange> OwnedChanges(ReplicaChange change);

    /// <summary>The rows that carry an identity of ours.</summary>
    internal abstract IEnumerable<OwnedRowChange> OwnedRows(OvsdbSnapshot snapshot);

    internal abstract void PlanRemoval(TransactionPlan plan, Guid row);
}

/// <summary>That a row of ours came, changed or went.</summary>
/// <param name="Uuid">The row.</param>
/// <param name="Before">Whose it was, or null.</param>
/// <param name="After">Whose it is, or null.</param>
internal readonly record struct OwnedRowChange(Guid Uuid, RowIdentity? Before, RowIdentity? After);

/// <summary>How the rows of a table are kept.</summary>
/// <typeparam name="TRow">The row type.</typeparam>
public sealed class RealizedTable<TRow> : RealizedTable
    where TRow : class, IIdentifiedRow<TRow>
{
    private readonly ImmutableArray<Column<TRow>> _columns;
    private readonly ImmutableArray<Containment> _containments;

    /// <summary>Whether an update of a row has frames of others go another way, in a table that is no policy otherwise.</summary>
    internal Func<TRow, TRow, bool> ChangesWays { get; init; } = (_, _) => false;

    internal RealizedTable(ImmutableArray<Column<TRow>> columns, ImmutableArray<Containment>? containments = null, bool isPolicy = false)
        : base(TRow.Table, isPolicy)
    {
        _columns = columns;
        _containments = containments ?? [];
    }

    internal override IEnumerable<OwnedRowChange> OwnedChanges(ReplicaChange change) =>
        (from row in change.Of<TRow>()
         let before = row.Before is null ? null : RowIdentity.Read(row.Before.ExternalIds)
         let after = row.After is null ? null : RowIdentity.Read(row.After.ExternalIds)
         where before is not null || after is not null
         select new OwnedRowChange(row.Uuid, before, after)).Concat(Moved(change));

    /// <summary>Rows that are as they were, but not where they were: somebody had another row hold them.</summary>
    private IEnumerable<OwnedRowChange> Moved(ReplicaChange change) =>
        from uuid in _containments.SelectMany(containment => containment.LostIn(change))
        let row = change.After.Table<TRow>().Find(uuid)
        where row is not null
        let identity = RowIdentity.Read(row.ExternalIds)
        where identity is not null
        select new OwnedRowChange(uuid, identity, identity);

    internal override IEnumerable<OwnedRowChange> OwnedRows(OvsdbSnapshot snapshot) =>
        from row in snapshot.Table<TRow>()
        let identity = RowIdentity.Read(row.ExternalIds)
        where identity is not null
        select new OwnedRowChange(row.Uuid, null, identity);

    internal void Plan(TransactionPlan plan, DesiredRow<TRow> desired, TRow wanted)
    {
        var address = desired.Address;
        var uuid = plan.FindOnly(address) ?? address.Identity.ToUuid(TRow.Table);
        if (plan.Snapshot.Table<TRow>().Find(uuid) is { } current)
        {
            // Also when somebody took our keys out of it: the UUID is one that only we choose.
            PlanUpdate(plan, desired.Ids, current, wanted);
            plan.Keep(address, uuid);
        }
        else if (FindConflict(plan, wanted) is { } other)
        {
            plan.Conflict(new(Table.Name, TRow.Table.Key!(other), other.Uuid));
            return;
        }
        else
        {
            var row = TRow.Copy(wanted, uuid).With(TRow.ExternalIdsColumn, desired.Ids);
            plan.Insert(address, uuid, Row.Insert(row));
            plan.ChangePolicy(IsPolicy);
        }

        if (desired.Parent is { } parent)
        {
            _containments.Single(containment => containment.ParentTable == parent.Table).Hold(plan, plan.Resolve(parent)!.Value, uuid);
        }
    }

    internal override void PlanRemoval(TransactionPlan plan, Guid row)
    {
        if (_containments.IsEmpty)
        {
            plan.Delete(Row.Delete<TRow>(row));
        }

        foreach (var containment in _containments)
        {
            containment.Release(plan, row);
        }
    }

    private static TRow? FindConflict(TransactionPlan plan, TRow wanted) =>
        TRow.Table.Key is { } key && plan.Snapshot.Table<TRow>().FindByName(key(wanted)) is { } other && !plan.IsRemoved(other.Uuid) ? other : null;

    private void PlanUpdate(TransactionPlan plan, OvsdbMap<string, string> ids, TRow current, TRow wanted)
    {
        var difference = wanted.DifferenceFrom(current, _columns);
        if (!difference.IsEmpty)
        {
            plan.Add(Row.Update<TRow>(current.Uuid, difference));
            plan.ChangePolicy(IsPolicy || ChangesWays(current, wanted));
        }

        if (current.ExternalIds.With(ids) != current.ExternalIds || RowIdentity.MarkKeys.Any(key => current.ExternalIds.ContainsKey(key) && !ids.ContainsKey(key)))
        {
            // By key, so that pairs which others keep in the row stay.
            plan.Add(Row.Mutate<TRow>(
                current.Uuid, TRow.ExternalIdsColumn.DeleteKeys([.. RowIdentity.Keys, .. RowIdentity.MarkKeys]), TRow.ExternalIdsColumn.Insert(ids)));
        }
    }
}
