using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Cni.Protocol;
using Node.Testing;

namespace Cni.Agent.Tests.Specification;

/// <summary>Fabric in chains with Debian's plugins (package containernetworking-plugins, which speak up to 1.0.0).</summary>
public sealed class ChainTests(NodeFixture node)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static TheoryData<string> DebianVersions => ["0.3.1", "0.4.0", "1.0.0"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(DebianVersions))]
    public async Task In_front_of_portmap_tuning_and_bandwidth_the_result_passes_through_and_all_is_undone(string version)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var hostPort = 20_000 + Random.Shared.Next(10_000);
        var chain = new PluginChain(
            version,
            Fabric(),
            new JsonObject { ["type"] = "tuning", ["sysctl"] = new JsonObject { ["net.ipv4.conf.eth0.arp_notify"] = "1" } },
            // For a pod that asks for no limit, as most do.
            new JsonObject { ["type"] = "bandwidth" },
            Portmap(hostPort));

        var added = await chain.AddAsync(workload.Sandbox);

        Assert.True(added.ExitCode == 0, added.Output);
        Assert.Equal(["eth0"], Names(added.Json, inContainer: true));
        Assert.Equal(workload.Address.ToString(), added.Json.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Equal("1", workload.Sandbox.Netns.Run("cat", "/proc/sys/net/ipv4/conf/eth0/arp_notify").Trim());
        Assert.Contains($"{workload.Address.Address}:80", Command.Run("iptables-save", "-t", "nat"), StringComparison.Ordinal);
        // Debian's portmap does not find its own rules again where a container has both families, and its bandwidth panics without a limit.
        if (version != "0.3.1")
            Assert.All(await chain.CheckAsync(workload.Sandbox, except: ["portmap", "bandwidth"]), answer => Assert.True(answer.ExitCode == 0, answer.Output));
        Assert.All(await chain.DeleteAsync(workload.Sandbox), answer => Assert.True(answer.ExitCode == 0, answer.Output));
        Assert.DoesNotContain($"{workload.Address.Address}:80", Command.Run("iptables-save", "-t", "nat"), StringComparison.Ordinal);
        Assert.Empty(node.Switch.InterfacesOf(workload.Port));
    }

    /// <summary>A client of the node's network, a node with a way to the pods, which Fabric does not make, and a pod that answers.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Connections_to_the_nodes_port_reach_the_container_by_portmap_behind()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        using var outside = new Outside(node.Switch, node.NextAddresses());
        await Eventually.HoldsAsync(() => node.Switch.IsInstalled(Outside.Way));
        var hostPort = 20_000 + Random.Shared.Next(10_000);
        var chain = new PluginChain("1.0.0", Fabric(), Portmap(hostPort));
        var added = await chain.AddAsync(workload.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);
        using var listener = NetnsScope.Run(workload.Sandbox.NetnsPath, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Any, 80));
        listener.Listen();

        using (var client = NetnsScope.Run(outside.Client.Path, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)))
        {
            var accepting = listener.AcceptAsync(Cancelled).AsTask();
            await client.ConnectAsync(new IPEndPoint(Outside.Node, hostPort), Cancelled).AsTask().WaitAsync(Patience, Cancelled);
            using var served = await accepting.WaitAsync(Patience, Cancelled);
            var payload = new byte[100_000];
            Random.Shared.NextBytes(payload);
            await using var there = new NetworkStream(client);
            await using var here = new NetworkStream(served);
            var sending = there.WriteAsync(payload, Cancelled).AsTask();
            var received = new byte[payload.Length];
            await here.ReadExactlyAsync(received, Cancelled).AsTask().WaitAsync(Patience, Cancelled);
            await sending;

            Assert.Equal(payload, received);
        }

        Assert.All(await chain.DeleteAsync(workload.Sandbox), answer => Assert.True(answer.ExitCode == 0, answer.Output));
        using var late = NetnsScope.Run(outside.Client.Path, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        // The node itself serves nothing there.
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(new IPEndPoint(Outside.Node, hostPort), Cancelled).AsTask().WaitAsync(Patience, Cancelled));
    }

    /// <summary>With frames that the limits drop.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(DebianVersions))]
    public async Task Behind_tuning_bandwidth_and_portmap_what_they_do_is_done_to_their_interface_and_not_to_ours(string version)
    {
        const int Rate = 100_000;
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        using var peer = await node.CreateWorkloadAsync(Cancelled);
        var second = await node.CreateDeviceAsync(workload, "net1", Cancelled);
        var data = Directory.CreateTempSubdirectory("fabric-ipam-");
        try
        {
            Assert.Equal(0, (await node.Plugin.RunAsync("ADD", peer.Sandbox)).ExitCode);
            var hostPort = 20_000 + Random.Shared.Next(10_000);
            var chain = new PluginChain(
                version,
                PointToPoint(data),
                new JsonObject { ["type"] = "tuning", ["sysctl"] = new JsonObject { ["net.ipv4.conf.eth0.arp_notify"] = "1" } },
                new JsonObject { ["type"] = "bandwidth", ["ingressRate"] = Rate, ["ingressBurst"] = Rate, ["egressRate"] = Rate, ["egressBurst"] = Rate },
                Portmap(hostPort),
                Fabric(("device", "net1")));

            var added = await chain.AddAsync(workload.Sandbox);

            Assert.True(added.ExitCode == 0, added.Output);
            Assert.Equal(["eth0", "net1"], Names(added.Json, inContainer: true));
            // The veth on the node, the device by which egress is limited, and ours.
            var onNode = Names(added.Json, inContainer: false);
            Assert.Equal(3, onNode.Length);
            Assert.Equal("1", workload.Sandbox.Netns.Run("cat", "/proc/sys/net/ipv4/conf/eth0/arp_notify").Trim());
            Assert.Equal("0", workload.Sandbox.Netns.Run("cat", "/proc/sys/net/ipv4/conf/net1/arp_notify").Trim());
            Assert.Contains("192.0.2.2:80", Command.Run("iptables-save", "-t", "nat"), StringComparison.Ordinal);
            using var toContainer = Datagram(netns: null, new IPEndPoint(IPAddress.Parse("192.0.2.2"), 9));
            using var fromContainer = Datagram(workload.Sandbox, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9));
            Flood(toContainer);
            Flood(fromContainer);
            await Eventually.HoldsAsync(() => DropsOf(onNode[0]) > 0);
            await Eventually.HoldsAsync(() => DropsOf(onNode[1]) > 0);

            peer.Sandbox.Netns.Run("ping", "-c", "3", "-i", "0.05", "-W", "10", second.Address.Address.ToString());
            Assert.DoesNotContain("tbf", Command.Run("tc", "qdisc", "show", "dev", onNode[2]), StringComparison.Ordinal);

            // Debian's ptp and portmap look for all addresses of the result on their own interface.
            if (version != "0.3.1")
                Assert.All(await chain.CheckAsync(workload.Sandbox, except: ["ptp", "portmap"]), answer => Assert.True(answer.ExitCode == 0, answer.Output));
            Assert.All(await chain.DeleteAsync(workload.Sandbox), answer => Assert.True(answer.ExitCode == 0, answer.Output));
            Assert.Empty(node.Switch.InterfacesOf(second.Port));
            Assert.DoesNotContain("192.0.2.2:80", Command.Run("iptables-save", "-t", "nat"), StringComparison.Ordinal);
            using var here = NetnsScope.OpenSocket();
            Assert.DoesNotContain(here.GetLinks(), link => onNode.Contains(link.Name));
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(DebianVersions))]
    public async Task Behind_another_plugin_its_interface_stays_and_ours_follows_under_its_own_name(string version)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var second = await node.CreateDeviceAsync(workload, "net1", Cancelled);
        var data = Directory.CreateTempSubdirectory("fabric-ipam-");
        try
        {
            var chain = new PluginChain(
                version,
                PointToPoint(data),
                Fabric(("device", "net1")),
                new JsonObject { ["type"] = "tuning" });

            var added = await chain.AddAsync(workload.Sandbox);

            Assert.True(added.ExitCode == 0, added.Output);
            Assert.Equal(["eth0", "net1"], Names(added.Json, inContainer: true));
            var interfaces = added.Json.GetProperty("interfaces").EnumerateArray().Select(each => each.GetProperty("name").GetString()).ToArray();
            Assert.Equal(
                [("192.0.2.2/24", "eth0"), (second.Address.ToString(), "net1"), (second.Address6.ToString(), "net1")],
                added.Json.GetProperty("ips").EnumerateArray().Select(ip => (ip.GetProperty("address").GetString(), interfaces[ip.GetProperty("interface").GetInt32()])));
            // The first plugin's IPv4 default route stays; of IPv6 there was none.
            Assert.Contains("via 192.0.2.1 dev eth0", workload.Sandbox.Netns.Run("ip", "-4", "route", "show", "default"), StringComparison.Ordinal);
            Assert.Contains("dev net1", workload.Sandbox.Netns.Run("ip", "-6", "route", "show", "default"), StringComparison.Ordinal);
            // Debian's ptp looks for all addresses of the result on its own interface: it is left out.
            if (version != "0.3.1")
                Assert.All(await chain.CheckAsync(workload.Sandbox, except: "ptp"), answer => Assert.True(answer.ExitCode == 0, answer.Output));
            Assert.All(await chain.DeleteAsync(workload.Sandbox), answer => Assert.True(answer.ExitCode == 0, answer.Output));
            Assert.Empty(node.Switch.InterfacesOf(second.Port));
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Behind_a_plugin_that_made_the_interface_ADD_is_refused_and_says_how_to_name_another()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var previous = JsonDocument.Parse($$"""{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"{{workload.Sandbox.NetnsPath}}"}],"ips":[]}""").RootElement;

        var refused = await node.Plugin.RunAsync("ADD", workload.Sandbox, ("prevResult", previous));

        Assert.Equal((1, CniErrorCode.InvalidEnvironment), (refused.ExitCode, refused.Code));
        Assert.Contains("\"device\"", refused.Details, StringComparison.Ordinal);
        Assert.Empty(node.JournalOf(workload));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_MAC_that_tuning_sets_is_found_by_CHECK_because_OVN_lets_no_frame_of_it_pass()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var chain = new PluginChain("1.0.0", Fabric(), new JsonObject { ["type"] = "tuning", ["runtimeConfig"] = new JsonObject { ["mac"] = "02:00:00:00:77:77" } });
        var added = await chain.AddAsync(workload.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);

        var check = (await chain.CheckAsync(workload.Sandbox))[0];

        Assert.Equal((1, CniErrorCode.NotAsMade), (check.ExitCode, check.Code));
        Assert.Contains(workload.Mac.ToString(), check.Message, StringComparison.Ordinal);
        Assert.All(await chain.DeleteAsync(workload.Sandbox), answer => Assert.True(answer.ExitCode == 0, answer.Output));
    }

    /// <summary>Its limits would be on queues that Fabric's frames pass by: better no interface than one that only seems limited.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("ingress")]
    [InlineData("egress")]
    public async Task In_front_of_bandwidth_ADD_fails_rather_than_limiting_nothing(string direction)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var chain = new PluginChain("1.0.0", Fabric(), new JsonObject { ["type"] = "bandwidth", [$"{direction}Rate"] = 1_000_000, [$"{direction}Burst"] = 100_000 });

        var added = await chain.AddAsync(workload.Sandbox);

        Assert.NotEqual(0, added.ExitCode);
        Assert.Contains("file exists", added.Message, StringComparison.Ordinal);
        // As a runtime does when ADD has failed.
        Assert.Equal(0, (await chain.DeleteAsync(workload.Sandbox))[^1].ExitCode);
        Assert.Empty(node.Switch.InterfacesOf(workload.Port));
    }

    private JsonObject Fabric(params (string Name, string Value)[] more)
    {
        var plugin = new JsonObject { ["type"] = "fabric-cni", ["socket"] = node.Agent.SocketPath };
        foreach (var (name, value) in more)
            plugin[name] = value;
        return plugin;
    }

    private static JsonObject Portmap(int hostPort) => new()
    {
        ["type"] = "portmap",
        ["runtimeConfig"] = new JsonObject { ["portMappings"] = new JsonArray(new JsonObject { ["hostPort"] = hostPort, ["containerPort"] = 80, ["protocol"] = "tcp" }) },
    };

    private static JsonObject PointToPoint(DirectoryInfo data) => new()
    {
        ["type"] = "ptp",
        ["ipam"] = new JsonObject
        {
            ["type"] = "host-local",
            ["dataDir"] = data.FullName,
            ["subnet"] = "192.0.2.0/24",
            ["routes"] = new JsonArray(new JsonObject { ["dst"] = "0.0.0.0/0" }),
        },
    };

    private static Socket Datagram(Sandbox? netns, IPEndPoint to)
    {
        var socket = netns is null ? Make() : NetnsScope.Run(netns.NetnsPath, Make);
        socket.Connect(to);
        return socket;

        static Socket Make() => new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    }

    /// <summary>At once what is eight seconds of the rate that those devices are held to.</summary>
    private static void Flood(Socket socket)
    {
        for (var sent = 0; sent < 100; sent++)
        {
            try
            {
                socket.Send(new byte[1000]);
            }
            catch (SocketException)
            {
                // A queue that is full says so to a sender of its own namespace; that the far end does not listen, an earlier one has found.
            }
        }
    }

    /// <summary>What the device's queues did not take.</summary>
    private static long DropsOf(string device) =>
        JsonDocument.Parse(Command.Run("tc", "-s", "-j", "qdisc", "show", "dev", device)).RootElement.EnumerateArray().Sum(queue => queue.GetProperty("drops").GetInt64());

    private static string[] Names(JsonElement result, bool inContainer) =>
        [.. result.GetProperty("interfaces").EnumerateArray()
            .Where(each => (each.TryGetProperty("sandbox", out var sandbox) && sandbox.GetString()!.Length > 0) == inContainer)
            .Select(each => each.GetProperty("name").GetString()!)];
}
