using Fabric.Resources;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>What a router tells the hosts of a subnet (RFC 4861): ovn-nb(5), <c>ipv6_ra_configs</c>.</summary>
internal static class RouterAdvertisements
{
    /// <summary>
    /// That it is the default router, that addresses are had by DHCPv6, which prefix is on the link, the MTU, and the domain
    /// to search (RFC 8106 §5.2); on request and from time to time, since a host forgets a router that it has not heard of
    /// for 18 hours. None without DHCP: OVN can say that addresses are had by DHCPv6, which would not be true (§4.2, flag M),
    /// or have hosts make their own, which port security drops. Such hosts are told all by hand, the default route too, as
    /// with IPv4.
    /// </summary>
    /// <remarks>Name servers are told by DHCPv6: OVN's advertisement has room for one only.</remarks>
    internal static OvsdbMap<string, string> Render(DhcpSpec dhcp, int mtu)
    {
        if (!dhcp.Enabled)
        {
            return default;
        }

        var configs = OvsdbMap.Of(("address_mode", "dhcpv6_stateful"), ("send_periodic", "true"), ("mtu", mtu.ToString()));
        return string.IsNullOrEmpty(dhcp.Domain) ? configs : configs.With("dnssl", dhcp.Domain);
    }
}
