using System.Collections.Immutable;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>The port groups of each port.</summary>
internal sealed class PortGroupIndex
{
    private readonly Dictionary<Guid, ImmutableHashSet<Guid>> _groups = [];

    internal ImmutableHashSet<Guid> GroupsWith(Guid port) => _groups.GetValueOrDefault(port, []);

    internal void Load(OvsdbSnapshot snapshot)
    {
        _groups.Clear();
        foreach (var group in snapshot.Table<PortGroup>())
        {
            Apply(group.Uuid, [], group.Ports);
        }
    }

    /// <summary>Takes over a change.</summary>
    /// <returns>The ports that came into a group or left one.</returns>
    internal IReadOnlyCollection<Guid> Apply(ReplicaChange change)
    {
        var moved = new HashSet<Guid>();
        foreach (var group in change.Of<PortGroup>())
        {
            moved.UnionWith(Apply(group.Uuid, group.Before?.Ports ?? [], group.After?.Ports ?? []));
        }

        return moved;
    }

    private IEnumerable<Guid> Apply(Guid group, OvsdbSet<RowId> before, OvsdbSet<RowId> after)
    {
        var lost = before.Except(after);
        var gained = after.Except(before);
        foreach (var port in lost)
        {
            var left = GroupsWith(port.Uuid).Remove(group);
            if (left.IsEmpty)
            {
                _groups.Remove(port.Uuid);
            }
            else
            {
                _groups[port.Uuid] = left;
            }
        }

        foreach (var port in gained)
        {
            _groups[port.Uuid] = GroupsWith(port.Uuid).Add(group);
        }

        return lost.Concat(gained).Select(port => port.Uuid);
    }
}
