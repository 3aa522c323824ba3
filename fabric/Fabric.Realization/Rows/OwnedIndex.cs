using System.Collections.Immutable;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>Which rows of the database are ours, by whose they are.</summary>
internal sealed class OwnedIndex
{
    private readonly Dictionary<RowAddress, ImmutableSortedSet<Guid>> _rows = [];
    private readonly Dictionary<RowOwner, HashSet<RowAddress>> _owners = [];

    internal IEnumerable<RowOwner> Owners => _owners.Keys;

    /// <summary>One row in health; more when somebody copied a row of ours.</summary>
    internal ImmutableSortedSet<Guid> Find(RowAddress address) => _rows.GetValueOrDefault(address, []);

    internal IReadOnlyCollection<RowAddress> RowsOf(RowOwner owner) => _owners.TryGetValue(owner, out var rows) ? rows : [];

    internal void Apply(Table table, OwnedRowChange change)
    {
        if (change.Before == change.After)
        {
            return;
        }

        if (change.Before is { } before)
        {
            Remove(new(table, before), change.Uuid);
        }

        if (change.After is { } after)
        {
            Add(new(table, after), change.Uuid);
        }
    }

    private void Add(RowAddress address, Guid uuid)
    {
        _rows[address] = Find(address).Add(uuid);
        if (!_owners.TryGetValue(address.Identity.Owner, out var rows))
        {
            _owners[address.Identity.Owner] = rows = [];
        }

        rows.Add(address);
    }

    private void Remove(RowAddress address, Guid uuid)
    {
        var left = Find(address).Remove(uuid);
        if (!left.IsEmpty)
        {
            _rows[address] = left;
            return;
        }

        _rows.Remove(address);
        if (_owners.TryGetValue(address.Identity.Owner, out var rows) && rows.Remove(address) && rows.Count == 0)
        {
            _owners.Remove(address.Identity.Owner);
        }
    }
}
