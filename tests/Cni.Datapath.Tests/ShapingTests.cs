using Bpf.FastPath.Endpoints;
using Cni.Datapath.Shaping;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Fabric.Primitives;
using Node.Testing;
using static Cni.Datapath.Tests.Rig.LimitedPods;

namespace Cni.Datapath.Tests;

/// <summary>
/// Limits, with real traffic. Figures are compared widely: a factor of 8, of 10 between the directions, or of 1000 stands out, and
/// a machine that is busy does not.
/// </summary>
public sealed class ShapingTests(FastPathRig rig)
{
    private const double Slow = 4e6;
    private const double Fast = 40e6;

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(EndpointKind.Container, "switched", true, true, false)]
    [InlineData(EndpointKind.Container, "switched", false, true, false)]
    [InlineData(EndpointKind.Container, "switched between nodes", false, true, false)]
    [InlineData(EndpointKind.Container, "switched", true, false, true)]
    [InlineData(EndpointKind.Container, "switched between nodes", true, true, true)]
    [InlineData(EndpointKind.Container, "switched between nodes", false, false, true)]
    [InlineData(EndpointKind.VirtualMachine, "switched", true, true, false)]
    [InlineData(EndpointKind.VirtualMachine, "switched between nodes", true, false, false)]
    [InlineData(EndpointKind.VirtualMachine, "switched between nodes", false, true, true)]
    public async Task Each_direction_has_its_own_rate_on_both_paths(EndpointKind kind, string way, bool fastPath, bool tcp, bool v6)
    {
        var peer = (await rig.PodsAsync())[way];
        await using var limited = await LimitedAsync(new EndpointLimits { Ingress = Bucket(Fast), Egress = Bucket(Slow) }, kind);
        var pod = limited.Pod;
        if (!fastPath)
            rig.Node1.Datapath.SetDomain(pod.Devices, 0);

        var (sent, received) = (pod.Sent, pod.Received);

        AssertHeld(Slow, pod, peer, tcp, v6);
        AssertHeld(Fast, peer, pod, tcp, v6);

        Assert.Equal(fastPath, pod.Sent.FastBytes - sent.FastBytes > (pod.Sent.Bytes - sent.Bytes) / 2);
        Assert.Equal(fastPath, pod.Received.FastBytes - received.FastBytes > (pod.Received.Bytes - received.Bytes) / 2);
    }

    /// <summary>What runs goes on through every change, and neither a neighbour nor the peer loses anything.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_limit_comes_changes_and_goes_under_traffic_and_neighbours_lose_nothing()
    {
        var pods = await rig.PodsAsync();
        var port = rig.NextPort();
        using var flow = new UdpClientFlow(pods.Near, pods.Near.Ip, port, pods.Far.Ip, port);
        using var neighbour = new AnswerStream(() => flow.TryExchange(timeoutMilliseconds: UdpClientFlow.PatienceMilliseconds), new UdpEcho(pods.Far, pods.Far.Ip, port));
        await using var limited = await LimitedAsync(EndpointLimits.None);
        var pod = limited.Pod;
        using var stream = OneWay.Udp(pod, pods.Far, rig.NextPort());
        AssertMore(2 * Fast, stream);

        rig.Node1.Limit(pod, new EndpointLimits { Egress = Bucket(Fast) });
        LimitedPods.AssertHeld(Fast, stream);
        rig.Node1.Limit(pod, new EndpointLimits { Egress = Bucket(Slow) });
        LimitedPods.AssertHeld(Slow, stream);
        rig.Node1.Limit(pod, new EndpointLimits { Egress = Bucket(Fast) });
        LimitedPods.AssertHeld(Fast, stream);
        rig.Node1.Limit(pod, EndpointLimits.None);
        AssertMore(2 * Fast, stream);

        Assert.False(rig.Node1.HasLink(pod.Shaper.Near));
        await Eventually.HoldsAsync(() => neighbour.Answers > 100);
        Assert.InRange(neighbour.Unanswered, 0, 1);
    }

    /// <summary>No frame goes without a limit when another agent takes over, with the maps of the one before or with new ones.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(65536, true)]
    [InlineData(8192, false)]
    public async Task Limits_hold_when_another_agent_takes_over(int maxFlows, bool sameMaps)
    {
        var pods = await rig.PodsAsync();
        await using var limited = await LimitedAsync(new EndpointLimits { Ingress = Bucket(Slow), Egress = Bucket(Slow) });
        rig.Node1.Options = new DatapathOptions { MaxFlows = maxFlows };
        try
        {
            await rig.Node1.RestartAsync();

            Assert.Equal(sameMaps, rig.Node1.Datapath.IsTakenOver);
            AssertHeld(Slow, limited.Pod, pods.Near, tcp: false);
            AssertHeld(Slow, pods.Near, limited.Pod, tcp: false);
        }
        finally
        {
            rig.Node1.Options = new();
            await rig.Node1.RestartAsync();
        }
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_burst_goes_at_the_peak_and_then_the_average_holds()
    {
        const int Burst = 500_000;
        var pods = await rig.PodsAsync();
        await using var limited = await LimitedAsync(new EndpointLimits
        {
            Egress = BucketSize.For(Rate(Slow), Rate(Fast), ByteSize.FromBytes(Burst), new Mtu(1442)),
        });
        using var stream = OneWay.Udp(limited.Pod, pods.Near, rig.NextPort());

        // It takes 0.11 s at the peak until the burst is used up.
        var first = stream.Receive(TimeSpan.FromSeconds(0.4));
        AssertNear(Burst + AtAverage(first.Took), first.Bytes);

        // What the bucket gains while a busy machine keeps the sender waiting goes afterwards, and is less than a burst.
        var then = stream.Receive(TimeSpan.FromSeconds(0.4));
        for (var window = 1; window < 6 && Math.Abs(then.Bytes - AtAverage(then.Took)) > AtAverage(then.Took) / 2; window++)
            then = stream.Receive(TimeSpan.FromSeconds(0.4));
        AssertNear(AtAverage(then.Took), then.Bytes);

        static double AtAverage(TimeSpan time) => Slow / 8 * time.TotalSeconds;
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_marked_endpoint_sends_arrives_with_its_mark_on_both_paths(bool v6)
    {
        const int Mark = 46;
        var pods = await rig.PodsAsync();
        await using var limited = await LimitedAsync(new EndpointLimits { Dscp = Mark });
        var (pod, peer, port) = (limited.Pod, pods.Far, rig.NextPort());
        using var frames = PodSocket.Frames(peer);
        using var echo = new UdpEcho(peer, peer.Of(v6), port);
        using var flow = new UdpClientFlow(pod, pod.Of(v6), port, peer.Of(v6), port);
        var before = pod.Sent.FastPackets;

        Assert.True(flow.Exchange(20) >= 19);

        Assert.InRange(pod.Sent.FastPackets - before, 10ul, 19ul);
        var (there, back) = (new List<int>(), new List<int>());
        var buffer = new byte[2048];
        while (there.Count < 19 || back.Count < 19)
        {
            var length = frames.Receive(buffer);
            if (IsUdp(buffer.AsSpan(0, length), v6))
                (Is(buffer.AsSpan(6, 6), peer.Mac) ? back : there).Add(v6 ? ((buffer[14] & 0xf) << 2) | (buffer[15] >> 6) : buffer[15] >> 2);
        }

        Assert.All(there, mark => Assert.Equal(Mark, mark));
        Assert.All(back, mark => Assert.Equal(0, mark));
    }

    /// <summary>A stream may need some seconds to find its rate: its first losses stop it altogether.</summary>
    private void AssertHeld(double rate, RigEndpoint from, RigEndpoint to, bool tcp, bool v6 = false)
    {
        using var stream = tcp ? OneWay.Tcp(from, to, rig.NextPort(), v6) : OneWay.Udp(from, to, rig.NextPort(), v6);
        LimitedPods.AssertHeld(rate, stream);
    }

    private Task<LimitedPod> LimitedAsync(EndpointLimits limits, EndpointKind kind = EndpointKind.Container) => rig.AddLimitedAsync(limits, kind);

    private static bool IsUdp(ReadOnlySpan<byte> frame, bool v6) =>
        frame.Length > 54 && (v6 ? frame[12] == 0x86 && frame[20] == 17 : frame[12] == 8 && frame[13] == 0 && frame[23] == 17);

    private static bool Is(ReadOnlySpan<byte> bytes, string mac) => Fabric.Primitives.MacAddress.FromBytes(bytes) == Fabric.Primitives.MacAddress.Parse(mac);
}
