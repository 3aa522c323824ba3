using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Datapath;

/// <summary>Which logical port each device of the switch is.</summary>
public static class SwitchPortNames
{
    /// <summary>Reads it.</summary>
    /// <param name="vswitch">Of a replica made with <see cref="VswitchClient.Options"/>.</param>
    /// <returns>OVN's names (<c>external_ids:iface-id</c>, ovn-controller(8)) by ifindex; devices that are no logical port are left out.</returns>
    public static IReadOnlyDictionary<int, string> Of(OvsdbSnapshot vswitch) =>
        vswitch.Table<Interface>()
            .Where(row => row.Ifindex > 0 && row.ExternalIds.ContainsKey("iface-id"))
            .GroupBy(row => (int)row.Ifindex!.Value)
            .ToDictionary(rows => rows.Key, rows => rows.First().ExternalIds["iface-id"]);
}
