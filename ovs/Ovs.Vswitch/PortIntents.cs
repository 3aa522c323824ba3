using System.Collections.Immutable;
using Ovs.Ovsdb;

namespace Ovs.Vswitch;

/// <summary>What adding a port came to.</summary>
public enum PortAddition
{
    /// <summary>The port is there as wanted already.</summary>
    Unchanged = 0,

    /// <summary>The port is new.</summary>
    Added = 1,

    /// <summary>The owner's port was there and differed.</summary>
    Changed = 2,

    /// <summary>Refused: a port of that name belongs to somebody else, is of another type or on another bridge.</summary>
    NameTaken = 3,

    /// <summary>Refused: there is no such bridge.</summary>
    NoBridge = 4,
}

/// <summary>What is to be sent for an intent.</summary>
/// <param name="Addition">What it will come to once committed.</param>
/// <param name="Operations">The operations; empty when there is nothing to do or the intent is refused.</param>
public sealed record PortPlan(PortAddition Addition, ImmutableArray<Operation> Operations);

/// <summary>Intents of a node on its switch, as operations. Nothing is sent here.</summary>
public static class PortIntents
{
    /// <summary>Has a port be there as wanted.</summary>
    public static PortPlan Add(OvsdbSnapshot snapshot, InternalPort wanted, int number = 0)
    {
        if (snapshot.Table<Bridge>().FindByName(wanted.Bridge) is not { } bridge)
        {
            return new(PortAddition.NoBridge, []);
        }

        return snapshot.Table<Port>().FindByName(wanted.Name) is { } port
            ? Change(snapshot, bridge, port, wanted)
            : snapshot.Table<Interface>().FindByName(wanted.Name) is null ? Create(bridge, wanted, number) : new(PortAddition.NameTaken, []);
    }

    /// <summary>Has ports be gone; those that are not there make no difference.</summary>
    /// <returns>No operations when none is there.</returns>
    public static ImmutableArray<Operation> Remove(OvsdbSnapshot snapshot, IEnumerable<string> names)
    {
        var ports = snapshot.Table<Port>();
        OvsdbSet<RowId> doomed = [.. names.Select(ports.FindByName).OfType<Port>().Select(port => RowId.Of(port.Uuid))];
        return
        [
            .. from bridge in snapshot.Table<Bridge>()
               let here = (OvsdbSet<RowId>)[.. doomed.Where(bridge.Ports.Contains)]
               where here.Count > 0
               select Row.Mutate<Bridge>(bridge.Uuid, Bridge.Columns.Ports.Delete(here)),
        ];
    }

    /// <summary>The ports whose <c>external_ids</c> hold all of the owner's pairs.</summary>
    public static IEnumerable<Port> OwnedBy(OvsdbSnapshot snapshot, OvsdbMap<string, string> owner) =>
        snapshot.Table<Port>().Where(port => IsOwnedBy(port, owner));

    internal static bool IsOwnedBy(Port port, OvsdbMap<string, string> owner) =>
        owner.All(pair => port.ExternalIds.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private static PortPlan Create(Bridge bridge, InternalPort wanted, int number) => new(
        PortAddition.Added,
        [
            Row.Insert(
                new Interface { Name = wanted.Name, Type = "internal", MtuRequest = wanted.Mtu, ExternalIds = wanted.InterfaceIds },
                $"iface{number}"),
            Row.Insert(
                new Port { Name = wanted.Name, Interfaces = [RowId.Named($"iface{number}")], ExternalIds = wanted.Owner },
                $"port{number}"),
            Row.Mutate<Bridge>(bridge.Uuid, Bridge.Columns.Ports.Insert([RowId.Named($"port{number}")])),
        ]);

    private static PortPlan Change(OvsdbSnapshot snapshot, Bridge bridge, Port port, InternalPort wanted)
    {
        if (!IsOwnedBy(port, wanted.Owner) || !bridge.Ports.Contains(port.Uuid) || port.Interfaces is not [var only]
            || snapshot.Table<Interface>().Find(only) is not { Type: "internal" } current)
        {
            return new(PortAddition.NameTaken, []);
        }

        // Keys that others keep here, ovn-controller's ovn-installed among them, stay.
        var stale = wanted.IfaceIdVersion is null ? current.ExternalIds.Without("iface-id-ver") : current.ExternalIds;
        var target = current with { MtuRequest = wanted.Mtu, ExternalIds = stale.With(wanted.InterfaceIds) };
        var difference = target.DifferenceFrom(current, [Interface.Columns.MtuRequest, Interface.Columns.ExternalIds]);
        return difference.IsEmpty
            ? new(PortAddition.Unchanged, [])
            : new(PortAddition.Changed, [Row.Update<Interface>(current.Uuid, difference)]);
    }
}
