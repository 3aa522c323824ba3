namespace Fabric.Cli.Datapath;

/// <summary>How the paths are made that the overlay is compared to.</summary>
internal static class ComparisonPaths
{
    /// <summary>Arguments: a prefix, and the names of the namespaces. Pods' devices have the MTU that Geneve leaves of 1500 everywhere.</summary>
    internal const string Script = """
        p=$1
        shift
        for n; do
          ip netns add "$p-$n"
          ip -n "$p-$n" link set lo up
        done
        # pair NS DEVICE NS DEVICE MTU
        pair() {
          ip -n "$p-$1" link add name "$2" mtu "$5" type veth peer name "$4" mtu "$5" netns "$p-$3"
          ip -n "$p-$1" link set "$2" up
          ip -n "$p-$3" link set "$4" up
        }
        # address NS DEVICE ADDRESS
        address() { ip -n "$p-$1" address add "$3" dev "$2"; }

        pair va eth0 vb eth0 1442
        address va eth0 10.231.1.1/24
        address vb eth0 10.231.1.2/24

        ip -n "$p-br" link add name pods mtu 1442 type bridge
        ip -n "$p-br" link set pods up
        for n in ba bb; do
          pair $n eth0 br $n 1442
          ip -n "$p-br" link set $n master pods
        done
        address ba eth0 10.231.2.1/24
        address bb eth0 10.231.2.2/24

        ip -n "$p-br" link add name wire mtu 1600 type bridge
        ip -n "$p-br" link set wire up
        for k in 1 2; do
          pair h$k eth0 br h$k 1600
          ip -n "$p-br" link set h$k master wire
          address h$k eth0 10.231.3.$k/24
        done

        for k in 1 2; do
          o=$((3 - k))
          ip -n "$p-h$k" link add name tunnels mtu 1442 type bridge
          ip -n "$p-h$k" link set tunnels up
          ip -n "$p-h$k" link add name vxlan0 mtu 1442 type vxlan id 77 dstport 4789 local 10.231.3.$k remote 10.231.3.$o
          ip -n "$p-h$k" link set vxlan0 up master tunnels
          pair x$k eth0 h$k pod 1442
          ip -n "$p-h$k" link set pod master tunnels
          address x$k eth0 10.231.4.$k/24
        done

        for k in 1 2; do
          o=$((3 - k))
          s=$((4 + k)) t=$((4 + o))
          nsenter --net="/run/netns/$p-h$k" sysctl -qw net.ipv4.ip_forward=1
          pair r$k eth0 h$k routed 1442
          address h$k routed 10.231.$s.1/24
          address r$k eth0 10.231.$s.2/24
          ip -n "$p-r$k" route add default via 10.231.$s.1
          ip -n "$p-h$k" route add 10.231.$t.0/24 via 10.231.3.$o
        done
        """;
}
