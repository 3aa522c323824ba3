using Fabric.Primitives;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Bindings;

/// <summary>The commands of the bridge binding, and what it shares with the other. Each may be given again, so that a binding which was cut short is completed.</summary>
internal static class BindingScript
{
    public const string PodDevice = VmInterfaces.PodDevice;
    public const string Tap = "tap0";
    public const string Bridge = "k6t-eth0";

    /// <summary>
    /// The guest takes the pod's place: its MAC address, and by DHCP from the fabric its IP addresses. What stays in the pod
    /// has neither, and must not answer for the guest.
    /// </summary>
    public static string ForBridge(PodLink link, MacAddress left) => $"""
        set -e
        {AddBridge}
        echo 1 > /proc/sys/net/ipv6/conf/{Bridge}/disable_ipv6
        ip link set {PodDevice} alias '{link.Alias}'
        ip address flush dev {PodDevice}
        echo 1 > /proc/sys/net/ipv6/conf/{PodDevice}/disable_ipv6
        ip link set {PodDevice} down
        ip link set {PodDevice} address {left}
        ip link set {PodDevice} master {Bridge}
        ip link set {PodDevice} up
        bridge link set dev {PodDevice} learning off
        {AddTap(link.Mtu)}
        """;

    /// <summary>Makes the bridge that the guest is behind.</summary>
    internal static string AddBridge => $"ip link show dev {Bridge} >/dev/null 2>&1 || ip link add {Bridge} type bridge stp_state 0 forward_delay 0";

    /// <summary>Makes the guest's tap and starts the bridge.</summary>
    internal static string AddTap(int mtu) => $"""
        ip link show dev {Tap} >/dev/null 2>&1 || ip tuntap add dev {Tap} mode tap
        echo 1 > /proc/sys/net/ipv6/conf/{Tap}/disable_ipv6
        ip link set {Tap} mtu {mtu} master {Bridge}
        ip link set {Bridge} mtu {mtu} up
        ip link set {Tap} up
        """;
}
