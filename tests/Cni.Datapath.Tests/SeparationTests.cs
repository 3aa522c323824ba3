using System.Net.Sockets;
using Bpf.FastPath.Endpoints;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>Who must not get what.</summary>
public sealed class SeparationTests(FastPathRig rig)
{
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind(false)]
    [OnEachKind(true)]
    public async Task Equal_flows_of_two_vpcs_never_meet(EndpointKind kind, bool v6)
    {
        var pods = await rig.PodsAsync(kind);
        var port = rig.NextPort();
        using var echo = new UdpEcho(pods.Far, pods.Far.Of(v6), port, mark: 1);
        using var otherEcho = new UdpEcho(pods.OtherFar, pods.OtherFar.Of(v6), port, mark: 2);
        using var flow = new UdpClientFlow(pods.A, pods.A.Of(v6), port, pods.Far.Of(v6), port);
        using var otherFlow = new UdpClientFlow(pods.OtherA, pods.OtherA.Of(v6), port, pods.OtherFar.Of(v6), port);
        var sent = (pods.A.Sent.FastPackets, pods.OtherA.Sent.FastPackets);
        for (var i = 0; i < 500; i++)
        {
            Assert.Equal(1, flow.Exchange(1));
            Assert.Equal(1, flow.Mark);
            Assert.Equal(1, otherFlow.Exchange(1));
            Assert.Equal(2, otherFlow.Mark);
        }

        Assert.True(pods.A.Sent.FastPackets - sent.Item1 > 450);
        Assert.True(pods.OtherA.Sent.FastPackets - sent.Item2 > 450);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("switched", false)]
    [OnEachKind("switched between nodes", false)]
    [OnEachKind("switched between nodes", true)]
    public async Task A_neighbour_with_a_flows_addresses_does_not_ride_on_its_verdict(EndpointKind kind, string way, bool withMac)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods[way], rig.NextPort());
        var thief = pods.NearRouted == b ? pods.Near : pods.NearRouted;
        using var echo = new UdpEcho(b, b.Ip, port);
        using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
        Assert.True(flow.Exchange(20) >= 19);
        var seen = echo.Seen;
        var refused = thief.Missed(FastPathMiss.Sender);
        using var frames = PodSocket.Frames(thief);

        for (var i = 0; i < 50; i++)
            frames.Send(Frame.Udp(withMac ? a.Mac : thief.Mac, b.Mac, a.Ip, port, b.Ip, port, 64));

        await Eventually.HoldsAsync(() => thief.Missed(FastPathMiss.Sender) - refused == 50);
        // The flow itself is untouched, and by its answer what the thief sent before would have come.
        Assert.Equal(20, flow.Exchange(20));
        Assert.Equal(seen + 20, echo.Seen);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind]
    public async Task Geneve_from_inside_a_pod_is_carried_and_never_opened(EndpointKind kind)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b) = (pods.A, pods.Far);
        var victim = pods.OtherFar;
        using var echo = new UdpEcho(victim, victim.Ip, 5555);
        using var good = new UdpClientFlow(pods.OtherA, pods.OtherA.Ip, 5555, victim.Ip, 5555);
        Assert.True(good.Exchange(20) >= 19);
        var seen = echo.Seen;
        var key = uint.Parse(rig.Southbound("--bare", "--columns=tunnel_key", "find", "Datapath_Binding", "external_ids:name=green").Trim());
        var inner = Frame.Udp(pods.OtherA.Mac, victim.Mac, pods.OtherA.Ip, 5555, victim.Ip, 5555, 64);
        using var received = PodSocket.Frames(b);
        using var frames = PodSocket.Frames(a);
        using var receiver = PodSocket.Udp(b, b.Ip, 6081);
        using var answering = new UdpClientFlow(a, a.Ip, 6081, b.Ip, 6081);

        // To a pod, so that the flow may become fast; to the nodes' own tunnel addresses, which no pod can reach.
        for (var i = 0; i < 20; i++)
        {
            frames.Send(Frame.Geneve(a.Mac, b.Mac, a.Ip, b.Ip, key, inner));
            frames.Send(Frame.Geneve(a.Mac, "02:00:00:00:01:01", a.Ip, System.Net.IPAddress.Parse(rig.Node2.Address), key, inner));
            if (i == 0)
                receiver.SendTo([1], new System.Net.IPEndPoint(a.Ip, 6081));
        }

        Assert.Equal(20, good.Exchange(20));
        Assert.Equal(seen + 20, echo.Seen);
        Assert.True(receiver.Receive(new byte[2048], SocketFlags.None) > 0);
    }
}
