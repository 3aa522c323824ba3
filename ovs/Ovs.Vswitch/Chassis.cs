using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Ovs.Ovsdb;

namespace Ovs.Vswitch;

/// <summary>What the node's switch says of its place in OVN.</summary>
/// <remarks>ovn-controller(8), "Configuration".</remarks>
/// <param name="SystemId">The chassis name (<c>system-id</c>), or null when the node was not set up.</param>
/// <param name="HostName">The host's name, or null.</param>
/// <param name="EncapAddresses">The tunnel addresses (<c>ovn-encap-ip</c>); empty when not set.</param>
/// <param name="EncapType">The tunnel's kind (<c>ovn-encap-type</c>), as <c>geneve</c>, or null.</param>
/// <param name="NbCfg">
/// The northbound configuration that ovn-controller has installed here (<c>ovn-nb-cfg</c> of the integration bridge); 0 before the first.
/// </param>
public sealed record Chassis(string? SystemId, string? HostName, ImmutableArray<IPAddress> EncapAddresses, string? EncapType, long NbCfg)
{
    /// <summary>Reads it from the replica; null before the database has its one row.</summary>
    /// <param name="snapshot">The replica.</param>
    /// <param name="integrationBridge">The name of OVN's bridge.</param>
    public static Chassis? Read(OvsdbSnapshot snapshot, string integrationBridge = "br-int")
    {
        if (snapshot.Table<OpenVSwitch>().FirstOrDefault() is not { } root)
        {
            return null;
        }

        var addresses = (TextOf(root.ExternalIds, "ovn-encap-ip") ?? "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null)
            .OfType<IPAddress>();
        var bridge = snapshot.Table<Bridge>().FindByName(integrationBridge);
        var nbCfg = bridge is not null && long.TryParse(TextOf(bridge.ExternalIds, "ovn-nb-cfg"), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
        return new(TextOf(root.ExternalIds, "system-id"), TextOf(root.ExternalIds, "hostname"), [.. addresses], TextOf(root.ExternalIds, "ovn-encap-type"), nbCfg);
    }

    private static string? TextOf(OvsdbMap<string, string> map, string key) => map.TryGetValue(key, out var value) ? value : null;
}
