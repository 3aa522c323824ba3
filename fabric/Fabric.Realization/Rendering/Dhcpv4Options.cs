using Fabric.Primitives;
using Fabric.Resources;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>What OVN's DHCPv4 responder tells: ovn-nb(5), table DHCP_Options.</summary>
internal static class Dhcpv4Options
{
    internal static OvsdbMap<string, string> Render(DhcpSpec dhcp, IpAddress gateway, MacAddress routerMac, int mtu)
    {
        var options = OvsdbMap.Of(
            ("server_id", gateway.ToString()),
            ("server_mac", routerMac.ToString()),
            ("router", gateway.ToString()),
            ("lease_time", dhcp.LeaseSeconds.ToString()),
            ("mtu", mtu.ToString()));
        var servers = dhcp.DnsServers.Where(address => address.IsV4).ToArray();
        if (servers.Length > 0)
        {
            options = options.With("dns_server", DhcpExpression.Addresses(servers));
        }

        if (!dhcp.Routes.IsEmpty)
        {
            options = options.With("classless_static_route", RoutesOf(dhcp, gateway));
        }

        return string.IsNullOrEmpty(dhcp.Domain) ? options : options.With("domain_name", DhcpExpression.Text(dhcp.Domain));
    }

    /// <summary>A client that is told option 121 ignores option 3, so the default route is told here too (RFC 3442).</summary>
    private static string RoutesOf(DhcpSpec dhcp, IpAddress gateway) =>
        $"{{{string.Join(", ", dhcp.Routes.Select(route => $"{route.Destination},{route.NextHop}").Append($"0.0.0.0/0,{gateway}"))}}}";
}
