using Ovs.Ovsdb;

namespace Ovs.Vswitch;

/// <summary>How far a port has come: made by the switch, and its flows installed by OVN.</summary>
/// <param name="Name">The port's name.</param>
/// <param name="Exists">Whether the database has the interface.</param>
/// <param name="OfPort">The OpenFlow port number, above 0 once the switch made the device; null while the switch has not looked.</param>
/// <param name="IsOvnInstalled">Whether ovn-controller has installed the port's flows (<c>external_ids:ovn-installed</c>).</param>
/// <param name="Error">What the switch said when it could not make the device, or null.</param>
public sealed record PortState(string Name, bool Exists, long? OfPort, bool IsOvnInstalled, string? Error)
{
    /// <summary>Whether the switch has made the device.</summary>
    public bool IsMade => OfPort > 0;

    /// <summary>Whether packets pass as OVN says.</summary>
    public bool IsReady => IsMade && IsOvnInstalled;

    /// <summary>Whether waiting longer is of no use.</summary>
    public bool HasFailed => Error is not null || OfPort < 0;

    /// <summary>What is missing, for people.</summary>
    public string Describe() => this switch
    {
        { Exists: false } => $"the switch has no interface {Name}",
        { HasFailed: true } => $"the switch could not make {Name}: {Error ?? "no reason given"}",
        { IsMade: false } => $"ovs-vswitchd has not made {Name} (no ofport)",
        { IsOvnInstalled: false } => $"ovn-controller has not installed the flows of {Name} (no ovn-installed)",
        _ => $"{Name} is ready",
    };

    /// <summary>Reads a port's state from the replica.</summary>
    public static PortState Read(OvsdbSnapshot snapshot, string name) =>
        snapshot.Table<Interface>().FindByName(name) is { } row
            ? new(name, true, row.Ofport, row.ExternalIds.TryGetValue("ovn-installed", out var text) && text == "true", row.Error)
            : new(name, false, null, false, null);
}
