using Bpf.FastPath.Endpoints;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>What gets there, and that it goes fast.</summary>
public sealed class ReachabilityTests(FastPathRig rig)
{
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("switched", false)]
    [OnEachKind("switched", true)]
    [OnEachKind("routed", false)]
    [OnEachKind("routed", true)]
    [OnEachKind("switched between nodes", false)]
    [OnEachKind("switched between nodes", true)]
    [OnEachKind("routed between nodes", false)]
    [OnEachKind("routed between nodes", true)]
    public async Task Datagrams_are_fast_after_the_first_exchange(EndpointKind kind, string way, bool v6)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods[way], rig.NextPort());
        using var echo = new UdpEcho(b, b.Of(v6), port, mark: 7);
        using var flow = new UdpClientFlow(a, a.Of(v6), port, b.Of(v6), port);
        flow.Exchange(2);
        var (sent, received) = (a.Sent, b.Received);

        Assert.Equal(300, flow.Exchange(300));

        // A machine under load may hold a flow longer than its soft age; a refresh is a copy and not one of these.
        Assert.InRange(a.Sent.FastPackets - sent.FastPackets, 298ul, 302ul);
        Assert.InRange(b.Received.FastPackets - received.FastPackets, 298ul, 302ul);
        Assert.Equal(7, flow.Mark);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("switched", false)]
    [OnEachKind("switched", true)]
    [OnEachKind("routed", false)]
    [OnEachKind("routed", true)]
    [OnEachKind("switched between nodes", false)]
    [OnEachKind("switched between nodes", true)]
    [OnEachKind("routed between nodes", false)]
    [OnEachKind("routed between nodes", true)]
    public async Task Streams_arrive_whole(EndpointKind kind, string way, bool v6)
    {
        const int Bytes = 8 << 20;
        var pods = await rig.PodsAsync(kind);
        var (a, b) = (pods.A, pods[way]);
        using var pair = TcpPair.Connect(a, a.Of(v6), b, b.Of(v6), rig.NextPort());
        var (sent, received) = (a.Sent, a.Received);

        Assert.True(TcpPair.Transfer(pair.Client, pair.Server, Bytes));
        Assert.True(TcpPair.Transfer(pair.Server, pair.Client, Bytes));

        AssertFast(a.Sent, sent);
        AssertFast(a.Received, received);

        static void AssertFast(EndpointTraffic now, EndpointTraffic before) => Assert.True(
            now.FastBytes - before.FastBytes > Bytes * 9 / 10, $"of {now.Bytes - before.Bytes} bytes {now.FastBytes - before.FastBytes} were fast");
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("switched")]
    [OnEachKind("routed between nodes")]
    public async Task A_port_used_again_at_once_and_a_half_closed_connection_go_on(EndpointKind kind, string way)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods[way], rig.NextPort());
        for (var round = 0; round < 5; round++)
        {
            using var pair = TcpPair.Connect(a, a.Ip, b, b.Ip, port, fromPort: port);
            // An abort lets the port be used again without a wait.
            pair.Client.LingerState = new(true, 0);
            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 1 << 20));
            pair.Server.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 2 << 20));
        }

        // The RST of the last was seen on its way. What was inside Open vSwitch at that moment may have taught one direction again.
        await Eventually.HoldsAsync(() => rig.Nodes.All(node => node.Flows.ReadFlows().Count(flow => flow.SourcePort == port) < 2));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind]
    public async Task Two_that_connect_to_each_other_at_once_have_one_connection_and_it_is_fast(EndpointKind kind)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods.Near, rig.NextPort());
        // Both know each other's MAC, so that what waits in the switch is the SYNs.
        Assert.True(a.TryRun("ping", "-c", "3", "-W", "10", b.Address));
        using var pair = await TcpPair.ConnectBothAsync(a, b, port, rig.Node1.WithSwitchHeld);
        var fast = a.Sent.FastBytes;

        Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 8 << 20));
        Assert.True(TcpPair.Transfer(pair.Server, pair.Client, 8 << 20));

        Assert.True(a.Sent.FastBytes - fast > 7 << 20);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_switch_that_is_left_to_Open_vSwitch_has_no_fast_flow_and_the_others_have()
    {
        var pods = await rig.PodsAsync();
        var (a, near, routed, port) = (pods.A, pods.Near, pods.NearRouted, rig.NextPort());
        using var nearEcho = new UdpEcho(near, near.Ip, port);
        using var routedEcho = new UdpEcho(routed, routed.Ip, port);
        using var toNear = new UdpClientFlow(a, a.Ip, port, near.Ip, port);
        using var toRouted = new UdpClientFlow(a, a.Ip, rig.NextPort(), routed.Ip, port);
        await Eventually.HoldsAsync(() => IsFast(toRouted, routed));
        rig.Northbound("set", "Logical_Switch_Port", "blue-router", "external_ids:\"fabric.vmnet.io/fast-path\"=false");
        try
        {
            await Eventually.HoldsAsync(() => !IsFast(toRouted, routed));

            Assert.Equal(100, toRouted.Exchange(100));
            Assert.False(IsFast(toRouted, routed));
            await Eventually.HoldsAsync(() => IsFast(toNear, near));
        }
        finally
        {
            rig.Northbound("remove", "Logical_Switch_Port", "blue-router", "external_ids", "fabric.vmnet.io/fast-path");
        }

        await Eventually.HoldsAsync(() => IsFast(toRouted, routed));
    }

    private static bool IsFast(UdpClientFlow flow, RigEndpoint to)
    {
        var fast = to.Received.FastPackets;
        Assert.True(flow.Exchange(10) > 0);
        return to.Received.FastPackets > fast;
    }
}
