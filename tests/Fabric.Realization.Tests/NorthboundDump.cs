using System.Text;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization.Tests;

/// <summary>The whole database as text, with names in place of UUIDs, so that a test can say what it should be.</summary>
internal static class NorthboundDump
{
    internal static string Of(OvsdbSnapshot snapshot)
    {
        var names = snapshot.Table<LogicalSwitchPort>().ToDictionary(row => row.Uuid, row => row.Name);
        foreach (var row in snapshot.Table<LogicalRouterPort>())
        {
            names.Add(row.Uuid, row.Name);
        }

        foreach (var row in snapshot.Table<DhcpOptions>())
        {
            names.Add(row.Uuid, $"dhcp {row.Cidr}");
        }

        var lines = new List<string>();
        lines.AddRange(snapshot.Table<LogicalRouter>().Select(row => $"router {row.Name} ports={Names(row.Ports)} ids={Ids(row.ExternalIds)}"));
        lines.AddRange(snapshot.Table<LogicalRouterPort>().Select(row => $"router-port {row.Name} mac={row.Mac} networks={row.Networks} ra={row.Ipv6RaConfigs} ids={Ids(row.ExternalIds)}"));
        lines.AddRange(snapshot.Table<LogicalSwitch>().Select(row => $"switch {row.Name} config={row.OtherConfig} ports={Names(row.Ports)} acls={row.Acls.Count} ids={Ids(row.ExternalIds)}"));
        lines.AddRange(snapshot.Table<LogicalSwitchPort>().Select(row =>
            $"port {row.Name} type={row.Type} addresses={row.Addresses} security={row.PortSecurity} options={row.Options}"
            + $" dhcp=[{string.Join(", ", new[] { row.Dhcpv4Options, row.Dhcpv6Options }.OfType<RowId>().Select(dhcp => names[dhcp.Uuid]))}] tag={row.Tag} ids={Ids(row.ExternalIds)}"));
        lines.AddRange(snapshot.Table<DhcpOptions>().Select(row => $"dhcp {row.Cidr} options={row.Options} ids={Ids(row.ExternalIds)}"));
        lines.AddRange(snapshot.Table<Acl>().Select(row => $"acl {row.Direction} {row.Priority} {row.Match} {row.Action} ids={Ids(row.ExternalIds)}"));
        lines.AddRange(snapshot.Table<AddressSet>().Select(row => $"set {row.Name} {row.Addresses} ids={Ids(row.ExternalIds)}"));
        lines.AddRange(snapshot.Table<PortGroup>().Select(row => $"group {row.Name}"));
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);

        string Names(OvsdbSet<RowId> rows) => $"[{string.Join(", ", rows.Select(row => names[row.Uuid]).Order(StringComparer.Ordinal))}]";
    }

    /// <summary>The server's version of every row of the tables written to: it changes with each write, also of the same value.</summary>
    internal static async Task<string> VersionsAsync(OvsdbClient client, CancellationToken cancellationToken)
    {
        string[] tables = ["Logical_Router", "Logical_Router_Port", "Logical_Switch", "Logical_Switch_Port", "DHCP_Options", "Address_Set", "ACL"];
        var results = await client.TransactAsync([.. tables.Select(table => new Select(table, [], ["_uuid", "_version"]))], cancellationToken);
        var text = new StringBuilder();
        foreach (var result in results)
        {
            text.AppendJoin('\n', result.Rows!.Value.EnumerateArray().Select(row => row.GetRawText()).Order(StringComparer.Ordinal)).Append('\n');
        }

        return text.ToString();
    }

    private static string Ids(OvsdbMap<string, string> ids) =>
        RowIdentity.Read(ids) is { } identity ? $"{identity}{(ids.Count == 4 ? "" : $" +{ids.Count - 4}")}" : ids.ToString();
}
