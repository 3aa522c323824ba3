using Fabric.Primitives;
using Fabric.Resources;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>What OVN's DHCPv6 responder tells: ovn-nb(5), table DHCP_Options.</summary>
/// <remarks>
/// It gives every lease for ever, which RFC 8415 §7.7 writes as 0xffffffff; the column has no other. The domain is told by
/// <see cref="RouterAdvertisements"/>: OVN writes option 24 as one label, dots and all, which is no name (RFC 8415 §10).
/// </remarks>
internal static class Dhcpv6Options
{
    /// <param name="dhcp">What the subnet says.</param>
    /// <param name="routerMac">The server is known by a DUID-LL made of it (RFC 8415 §11.4).</param>
    internal static OvsdbMap<string, string> Render(DhcpSpec dhcp, MacAddress routerMac)
    {
        var options = OvsdbMap.Of(("server_id", routerMac.ToString()));
        var servers = dhcp.DnsServers.Where(address => address.IsV6).ToArray();
        return servers.Length > 0 ? options.With("dns_server", DhcpExpression.Addresses(servers)) : options;
    }
}
