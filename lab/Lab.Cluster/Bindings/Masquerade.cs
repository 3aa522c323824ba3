using Fabric.Primitives;
using Lab.Runner.Qemu;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Bindings;

/// <summary>
/// The masquerade binding: the guest is behind NAT, has addresses of its own, and the pod's are translated to them. The
/// addresses are KubeVirt's. Each command may be given again.
/// </summary>
internal static class Masquerade
{
    private const string Gateway = "10.0.2.1";
    private const string Guest = "10.0.2.2";

    // The guest's router is the same wherever it goes, so it need not ask again: KubeVirt's value.
    private const string GatewayMac = "02:00:00:00:00:00";
    private const string Gateway6 = "fd10:0:2::1";
    private const string Guest6 = "fd10:0:2::2";
    private const int Length6 = 120;
    private const string Table = "guest";

    /// <summary>How the guest speaks IPv6. Nobody tells it on the network: KubeVirt has users write it into cloud-init.</summary>
    public static GuestIpv6 GuestIpv6 { get; } = new($"{Guest6}/{Length6}", Gateway6);

    /// <summary>Makes the devices.</summary>
    public static string Script(PodLink link) => $"""
        set -e
        {BindingScript.AddBridge}
        ip link set {BindingScript.Bridge} address {GatewayMac}
        ip address replace {Gateway}/24 dev {BindingScript.Bridge}
        echo 1 > /proc/sys/net/ipv4/ip_forward
        {(link.HasIpv6 ? AddIpv6 : $"echo 1 > /proc/sys/net/ipv6/conf/{BindingScript.Bridge}/disable_ipv6")}
        {BindingScript.AddTap(link.Mtu)}
        """;

    private static string AddIpv6 => $"""
        echo 0 > /proc/sys/net/ipv6/conf/{BindingScript.Bridge}/disable_ipv6
        ip address replace {Gateway6}/{Length6} dev {BindingScript.Bridge} nodad
        echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
        """;

    /// <summary>The translation, for <c>nft -f</c>: made whole in one transaction, in place of what was there.</summary>
    /// <param name="ports">The ports translated; all when empty.</param>
    /// <param name="ipv6">Whether IPv6 is translated too.</param>
    public static string Rules(EquatableArray<VmPort> ports, bool ipv6) =>
        FamilyRules("ip", Guest, ports) + (ipv6 ? FamilyRules("ip6", Guest6, ports) : "");

    private static string FamilyRules(string family, string guest, EquatableArray<VmPort> ports)
    {
        var inbound = ports.IsEmpty
            ? $"        iifname \"{BindingScript.PodDevice}\" dnat to {guest}\n"
            : string.Concat(ports.Select(each => $"        iifname \"{BindingScript.PodDevice}\" {Protocol(each)} dport {each.Port} dnat to {guest}\n"));
        return $$"""
            table {{family}} {{Table}}
            delete table {{family}} {{Table}}
            table {{family}} {{Table}} {
                chain prerouting {
                    type nat hook prerouting priority -100;
            {{inbound}}    }
                chain postrouting {
                    type nat hook postrouting priority 100;
                    {{family}} saddr {{guest}} oifname "{{BindingScript.PodDevice}}" masquerade
                }
            }

            """;
    }

    /// <summary>The guest's DHCP server, run in the launcher's container and gone with it; one that runs already stays.</summary>
    public static IReadOnlyList<string> DhcpServer(int mtu, MacAddress guest) =>
    [
        "/bin/sh", "-c", $"""
        set -e
        mkdir -p /run
        test -e /run/udhcpd.pid && kill -0 $(cat /run/udhcpd.pid) 2>/dev/null && exit 0
        cat > /run/udhcpd.conf <<END
        start {Guest}
        end {Guest}
        interface {BindingScript.Bridge}
        pidfile /run/udhcpd.pid
        lease_file /run/udhcpd.leases
        static_lease {guest} {Guest}
        option subnet 255.255.255.0
        option router {Gateway}
        option mtu {mtu}
        option lease 864000
        END
        : > /run/udhcpd.leases
        udhcpd -S /run/udhcpd.conf
        """,
    ];

    private static string Protocol(VmPort port) => port.Protocol is "UDP" ? "udp" : "tcp";
}
