using System.Collections.Immutable;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>One transaction in the making: what makes the rows of some owners as they should be.</summary>
/// <remarks>Owners are planned in the order of their kinds, so that a row finds those it refers to.</remarks>
internal sealed class TransactionPlan(OvsdbSnapshot snapshot, OwnedIndex index, PortGroupIndex portGroups, IPortGroups groups)
{
    private readonly List<Operation> _operations = [];
    private readonly List<Operation> _deletions = [];
    private readonly Dictionary<RowAddress, Guid> _kept = [];
    private readonly HashSet<Guid> _inserted = [];
    private readonly HashSet<Guid> _removed = [];
    private readonly Dictionary<(Containment Column, Guid Parent), MembershipChanges> _memberships = [];
    private readonly Dictionary<Guid, MembershipChanges> _portChanges = [];
    private readonly List<RowAddress> _missing = [];
    private ForeignRow? _conflict;
    private bool _isChanged;
    private bool _isPolicyChanged;

    internal OvsdbSnapshot Snapshot { get; } = snapshot;

    /// <summary>The operations, deletions last: what refers to a row is released before the row goes.</summary>
    /// <remarks>
    /// A change of policy raises the number of the configuration (<c>nb_cfg</c>, ovn-nb(5)). Every ovn-controller shows on its
    /// bridge which number it has installed, and what a node remembers of older verdicts is worth nothing from then on.
    /// </remarks>
    internal ImmutableArray<Operation> ToOperations() =>
    [
        .. _operations, .. _memberships.Values.Concat(_portChanges.Values).Select(changes => changes.ToOperation()), .. _deletions,
        // The table has one row.
        .. _isPolicyChanged ? [new Mutate(NbGlobal.Table.Name, [], [NbGlobal.Columns.NbCfg.Add(1)])] : (ReadOnlySpan<Operation>)[],
    ];

    /// <summary>Notes that what may pass, or where it goes, changes.</summary>
    internal void ChangePolicy(bool isPolicy) => _isPolicyChanged |= isPolicy;

    /// <summary>Plans all rows of an owner: those it should have, and none besides.</summary>
    /// <returns>What it will come to once the transaction is committed.</returns>
    internal RealizationOutcome PlanOwner(RowOwner owner, ImmutableArray<DesiredRow> desired)
    {
        _missing.Clear();
        _conflict = null;
        _isChanged = false;
        if (owner.Kind == RowOwnerKind.Nic && desired.Length > 0 && PortMembership.MissingFor(this, groups, owner) is { Count: > 0 } missing)
        {
            // No port before the rules for it.
            return new RealizationOutcome.Waiting([.. missing]);
        }

        foreach (var address in index.RowsOf(owner).Where(address => desired.All(row => row.Address != address)))
        {
            Remove(address);
        }

        foreach (var row in desired)
        {
            row.Plan(this);
        }

        PortMembership.PlanNewGroups(this, groups, desired);
        if (owner.Kind == RowOwnerKind.Nic)
        {
            PortMembership.PlanPort(this, groups, owner);
        }

        return _conflict is { } conflict ? new RealizationOutcome.Conflicting(conflict)
            : _missing.Count > 0 ? new RealizationOutcome.Waiting([.. _missing.Distinct()])
            : new RealizationOutcome.Realized(_isChanged);
    }

    /// <summary>The row at an address as it will be after the transaction, or null.</summary>
    internal Guid? Resolve(RowAddress address)
    {
        if (_kept.TryGetValue(address, out var kept))
        {
            return kept;
        }

        foreach (var uuid in index.Find(address))
        {
            if (!_removed.Contains(uuid))
            {
                return uuid;
            }
        }

        return null;
    }

    /// <summary>The row at an address, or null; removes what else claims to be it.</summary>
    internal Guid? FindOnly(RowAddress address)
    {
        var rows = index.Find(address);
        if (rows.IsEmpty)
        {
            return null;
        }

        var own = address.Identity.ToUuid(address.Table);
        var kept = rows.Contains(own) ? own : rows[0];
        foreach (var copy in rows.Where(uuid => uuid != kept))
        {
            RemoveRow(address.Table, copy);
        }

        return kept;
    }

    internal bool IsInserted(Guid uuid) => _inserted.Contains(uuid);

    internal bool IsRemoved(Guid uuid) => _removed.Contains(uuid);

    internal void Add(Operation operation)
    {
        _operations.Add(operation);
        _isChanged = true;
    }

    internal void Delete(Operation operation)
    {
        _deletions.Add(operation);
        _isChanged = true;
    }

    internal void Keep(RowAddress address, Guid uuid) => _kept[address] = uuid;

    internal void Insert(RowAddress address, Guid uuid, Operation insert)
    {
        Keep(address, uuid);
        _inserted.Add(uuid);
        Add(insert);
    }

    internal void Remove(RowAddress address)
    {
        foreach (var uuid in index.Find(address))
        {
            RemoveRow(address.Table, uuid);
        }
    }

    internal void Wait(IEnumerable<RowAddress> missing) => _missing.AddRange(missing);

    internal void Conflict(ForeignRow row) => _conflict = row;

    internal MembershipChanges MembershipOf(Containment column, Guid parent, Func<MembershipChanges, Operation> toOperation)
    {
        _isChanged = true;
        if (!_memberships.TryGetValue((column, parent), out var changes))
        {
            _memberships[(column, parent)] = changes = new(toOperation);
        }

        return changes;
    }

    /// <summary>The port groups that a port is in, before the transaction.</summary>
    internal ImmutableHashSet<Guid> GroupsWith(Guid port) => portGroups.GroupsWith(port);

    internal MembershipChanges PortChangesOf(Guid group, Func<MembershipChanges, Operation> toOperation)
    {
        _isChanged = true;
        if (!_portChanges.TryGetValue(group, out var changes))
        {
            _portChanges[group] = changes = new(toOperation);
        }

        return changes;
    }

    private void RemoveRow(Table table, Guid uuid)
    {
        if (_removed.Add(uuid))
        {
            var kind = RealizedTable.All.First(kind => kind.Table == table);
            kind.PlanRemoval(this, uuid);
            ChangePolicy(kind.IsPolicy);
        }
    }
}
