using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Topology;

/// <summary>A node's namespace, its own Open vSwitch and its ovn-controller.</summary>
internal static class NodeNetwork
{
    private static readonly TimeSpan RouteDeadline = TimeSpan.FromSeconds(10);

    public static async Task StartAsync(LabRecord lab, NodeRecord node, Pki pki, Launcher launcher, CancellationToken cancellationToken)
    {
        LabFolder.Make(node.Folder);
        await PrepareNamespaceAsync(node, cancellationToken);
        IReadOnlyList<string> tls = pki.Issue(node.Name);
        await StartSwitchAsync(lab, node, launcher, cancellationToken);
        // Where ovn-controller's credentials are, for whoever else on the node reads the southbound database.
        await VsctlAsync(node, ["--no-wait", "set-ssl", .. tls.Select(option => option[(option.IndexOf('=', StringComparison.Ordinal) + 1)..])], cancellationToken);
        await (lab.KernelDatapath ? JoinUnderlayAsync(node, cancellationToken) : JoinUnderlayThroughSwitchAsync(lab, node, cancellationToken));
        await StartDaemonAsync(node, launcher, "ovn-controller", [.. tls, $"unix:{node.OvsSocket}"], cancellationToken);
    }

    /// <summary>Has every node find the others and the control plane once its tunnels to them exist.</summary>
    /// <remarks>
    /// The userspace datapath drops the first packet to a tunnel endpoint whose hardware address it has not seen. It learns
    /// from the answers to its own node's requests, but only once there is a tunnel port. So each node in turn, once it has
    /// its tunnels, forgets what a peer's request taught it and asks. That also proves the underlay before anything is built on it.
    /// </remarks>
    public static async Task MeetAsync(LabRecord lab, CancellationToken cancellationToken)
    {
        string device = lab.KernelDatapath ? "eth0" : "br-phy";
        foreach (NodeRecord node in lab.Nodes)
        {
            NodeRecord[] peers = [.. lab.Nodes.Where(n => n != node)];
            await Task.WhenAll(peers.Select(peer => VsctlAsync(node, ["wait-until", "Interface", $"ovn-{peer.Name}-0", "ofport>0"], cancellationToken)));
            await Tool.RunAsync(
                "nsenter",
                [
                    $"--net=/run/netns/{node.Namespace}", "--", "/bin/sh", "-ec",
                    """
                    ip neigh flush dev "$1"
                    shift
                    for peer; do
                      ping -q -n -c 1 -w 5 "$peer" >/dev/null || { echo "no answer from $peer over the underlay" >&2; exit 1; }
                    done
                    """,
                    "sh", device, lab.CentralAddress, .. peers.Select(n => n.Address),
                ],
                cancellationToken);
        }
    }

    // An interface that the userspace datapath owns is still seen by the kernel of the node: it must not answer for
    // another interface's address, nor speak IPv6 on its own.
    private static async Task PrepareNamespaceAsync(NodeRecord node, CancellationToken cancellationToken) =>
        await Tool.RunAsync(
            "nsenter",
            [
                $"--net=/run/netns/{node.Namespace}", "--", "/bin/sh", "-ec",
                """
                cd /proc/sys/net
                echo 1 > ipv4/conf/all/arp_ignore
                echo 1 > ipv6/conf/all/disable_ipv6
                echo 1 > ipv6/conf/default/disable_ipv6
                ip link set lo up
                ip link set eth0 up
                """,
            ],
            cancellationToken);

    private static async Task StartSwitchAsync(LabRecord lab, NodeRecord node, Launcher launcher, CancellationToken cancellationToken)
    {
        string datapath = lab.KernelDatapath ? "system" : "netdev";
        await Tool.RunAsync("ovsdb-tool", ["create", $"{node.Folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema"], cancellationToken);
        await StartDaemonAsync(node, launcher, "ovsdb-server", [$"--unixctl={node.Folder}/ovsdb-server.ctl", $"--remote=punix:{node.OvsSocket}", $"{node.Folder}/conf.db"], cancellationToken);
        await VsctlAsync(
            node,
            [
                "--no-wait", "init", "--", "set", "Open_vSwitch", ".",
                $"external-ids:system-id={node.Name}",
                $"external-ids:hostname={node.Name}",
                $"external-ids:ovn-remote={Central.SouthboundRemote(lab)}",
                $"external-ids:ovn-remote-probe-interval={Central.ProbeMilliseconds}",
                "external-ids:ovn-encap-type=geneve",
                $"external-ids:ovn-encap-ip={node.Address}",
                "external-ids:fabric-underlay-nic=eth0",
                "external-ids:fabric-underlay-port=up0",
                $"external-ids:ovn-bridge-datapath-type={datapath}",
            ],
            cancellationToken);
        await StartVswitchdAsync(node, launcher, cancellationToken);
        string[] integration = ["add-br", "br-int", "--", "set", "bridge", "br-int", $"datapath_type={datapath}", "fail-mode=secure", "other-config:disable-in-band=true"];
        string[] physical =
        [
            "--", "add-br", "br-phy", "--", "set", "bridge", "br-phy", $"datapath_type={datapath}", "fail-mode=standalone",
            "--", "add-port", "br-phy", "up0", "--", "set", "Interface", "up0", "type=internal", $"mtu_request={Underlay.Mtu}",
        ];
        await VsctlAsync(node, lab.KernelDatapath ? integration : [.. integration, .. physical], cancellationToken);
    }

    /// <summary>Starts the node's ovs-vswitchd, also after the one before has ended.</summary>
    internal static Task StartVswitchdAsync(NodeRecord node, Launcher launcher, CancellationToken cancellationToken) =>
        StartDaemonAsync(node, launcher, "ovs-vswitchd", [$"--unixctl={node.Folder}/ovs-vswitchd.ctl", $"unix:{node.OvsSocket}"], cancellationToken);

    /// <summary>Has a switch that was started again know what it was told before; its devices have stayed.</summary>
    internal static async Task RejoinAsync(LabRecord lab, NodeRecord node, CancellationToken cancellationToken)
    {
        if (!lab.KernelDatapath)
        {
            await KeepRouteAsync(lab, node, cancellationToken);
        }

        await MeetAsync(lab, cancellationToken);
    }

    private static async Task JoinUnderlayAsync(NodeRecord node, CancellationToken cancellationToken) =>
        await Tool.RunAsync("ip", ["-n", node.Namespace, "address", "add", $"{node.Address}/24", "dev", "eth0"], cancellationToken);

    // The tunnel address is br-phy's, so that the userspace datapath finds its routes and neighbours there. eth0 is joined to
    // it by an internal port and a redirect each way: attached directly, its frames would reach the node's own stack too.
    // Whatever the agent attaches runs before the redirects, which take what it leaves.
    private static async Task JoinUnderlayThroughSwitchAsync(LabRecord lab, NodeRecord node, CancellationToken cancellationToken)
    {
        string links = $"""
            address add {node.Address}/24 dev br-phy
            link set br-phy up mtu {Underlay.Mtu}
            link set up0 up mtu {Underlay.Mtu} txqueuelen 2000
            """;
        await Tool.RunAsync("ip", ["-n", node.Namespace, "-batch", "-"], cancellationToken, links);
        const string Redirects = """
            qdisc add dev eth0 clsact
            qdisc add dev up0 clsact
            filter add dev eth0 ingress protocol all prio 100 u32 match u32 0 0 action mirred egress redirect dev up0
            filter add dev up0 ingress protocol all prio 100 u32 match u32 0 0 action mirred egress redirect dev eth0
            """;
        await Tool.RunAsync("tc", ["-n", node.Namespace, "-batch", "-"], cancellationToken, Redirects);
        await KeepRouteAsync(lab, node, cancellationToken);
    }

    // With every device that comes or goes the userspace datapath forgets the kernel's routes and reads them anew, and drops
    // for some milliseconds what it would send through a tunnel. A route that it was told of it keeps; it takes one only once
    // it has seen the bridge's address.
    private static async Task KeepRouteAsync(LabRecord lab, NodeRecord node, CancellationToken cancellationToken)
    {
        string[] command = ["-t", $"{node.Folder}/ovs-vswitchd.ctl", "ovs/route/add", lab.Underlay, "br-phy"];
        if (!await Until.TrueAsync(async ct => (await Tool.TryRunAsync("ovs-appctl", command, ct)).ExitCode == 0, RouteDeadline, cancellationToken))
        {
            await Tool.RunAsync("ovs-appctl", command, cancellationToken);
        }
    }

    private static async Task StartDaemonAsync(NodeRecord node, Launcher launcher, string program, IReadOnlyList<string> options, CancellationToken cancellationToken)
    {
        string pidFile = $"{node.Folder}/{program}.pid";
        string log = $"{node.Folder}/{program}.log";
        await launcher.StartDetachingAsync(
            new DaemonStart(
                $"{program} ({node.Name})",
                program,
                ["--detach", "--no-chdir", $"--pidfile={pidFile}", $"--log-file={log}", "-vconsole:off", .. options],
                log,
                node.Namespace,
                OvsEnvironment.For(node.Folder)),
            pidFile,
            cancellationToken);
    }

    private static async Task VsctlAsync(NodeRecord node, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        await Tool.RunAsync("ovs-vsctl", [$"--db=unix:{node.OvsSocket}", "--timeout=20", .. command], cancellationToken);
}
