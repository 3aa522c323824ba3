using Bpf.FastPath.Endpoints;
using Cni.Datapath.Shaping;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;
using static Cni.Datapath.Tests.Rig.LimitedPods;

namespace Cni.Datapath.Tests;

/// <summary>Limits for the sum of several endpoints, with real traffic; compared as widely as those of <see cref="ShapingTests"/>.</summary>
public sealed class SumShapingTests(FastPathRig rig)
{
    private const double Sum = 16e6;

    /// <summary>One floods with datagrams, the other has a stream that gives way; to or from the pods of both nodes.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(EndpointKind.Container, true, true, false)]
    [InlineData(EndpointKind.Container, true, false, true)]
    [InlineData(EndpointKind.Container, false, true, true)]
    [InlineData(EndpointKind.VirtualMachine, true, true, false)]
    [InlineData(EndpointKind.VirtualMachine, true, false, true)]
    [InlineData(EndpointKind.VirtualMachine, false, false, false)]
    public async Task The_sum_is_held_on_both_paths_and_nobody_crowds_out_the_others(EndpointKind kind, bool fastPath, bool towards, bool v6)
    {
        var pods = await rig.PodsAsync();
        await using var one = await rig.AddLimitedAsync(Of(towards ? Sum : null, towards ? null : Sum), kind);
        await using var two = await rig.AddLimitedAsync(Of(towards ? Sum : null, towards ? null : Sum), kind);
        if (!fastPath)
        {
            rig.Node1.Datapath.SetDomain(one.Pod.Devices, 0);
            rig.Node1.Datapath.SetDomain(two.Pod.Devices, 0);
        }

        var before = Carried();
        using var flood = towards ? OneWay.Udp(pods.Far, one.Pod, rig.NextPort(), v6, offered: 4 * Sum) : OneWay.Udp(one.Pod, pods.Far, rig.NextPort(), v6, offered: 4 * Sum);
        using var stream = towards ? OneWay.Tcp(pods.Near, two.Pod, rig.NextPort(), v6) : OneWay.Tcp(two.Pod, pods.Near, rig.NextPort(), v6);
        var rates = await MeasureAsync(flood, stream);

        AssertNear(Sum, rates.Sum());
        // A half each, but what the flood leaves when its sender has no processor. Without turns the stream would get next to nothing.
        Assert.True(rates[1] > Sum / 5, $"{rates[1]:N0} beside {rates[0]:N0}");
        var after = Carried();
        Assert.Equal(fastPath, after.FastBytes - before.FastBytes > (after.Bytes - before.Bytes) / 2);

        EndpointTraffic Carried() => towards ? one.Pod.Received : one.Pod.Sent;
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task An_endpoint_in_a_sum_is_held_to_its_own_limit_too_and_the_rest_is_the_others()
    {
        var pods = await rig.PodsAsync();
        await using var one = await rig.AddLimitedAsync(Of(Sum, Sum) with { Ingress = Bucket(Sum / 8), Egress = Bucket(Sum / 8) });
        await using var two = await rig.AddLimitedAsync(Of(Sum, Sum));

        using (var slow = OneWay.Udp(one.Pod, pods.Far, rig.NextPort()))
        using (var fast = OneWay.Udp(two.Pod, pods.Far, rig.NextPort()))
        {
            var sent = await MeasureAsync(slow, fast);
            // Less may arrive while a busy machine keeps a sender waiting.
            for (var again = 0; again < 2 && (sent[0] < Sum / 16 || sent[1] < Sum * 7 / 16); again++)
                sent = await MeasureAsync(slow, fast);
            AssertNear(Sum / 8, sent[0]);
            AssertNear(Sum * 7 / 8, sent[1]);
        }

        // What waits for an endpoint's own limit has passed the sum's: both are held all the same.
        using var towards = OneWay.Udp(pods.Near, one.Pod, rig.NextPort());
        AssertHeld(Sum / 8, towards);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_sum_changes_for_all_under_traffic_and_goes_with_the_last_who_is_in_it()
    {
        var pods = await rig.PodsAsync();
        var port = rig.NextPort();
        using var flow = new UdpClientFlow(pods.Near, pods.Near.Ip, port, pods.Far.Ip, port);
        using var neighbour = new AnswerStream(() => flow.TryExchange(timeoutMilliseconds: UdpClientFlow.PatienceMilliseconds), new UdpEcho(pods.Far, pods.Far.Ip, port));
        await using var one = await rig.AddLimitedAsync(EndpointLimits.None);
        await using var two = await rig.AddLimitedAsync(Of(Sum, Sum));
        using var stream = OneWay.Udp(one.Pod, pods.Far, rig.NextPort());
        AssertMore(2 * Sum, stream);

        rig.Node1.Limit(one.Pod, Of(Sum, Sum));
        AssertHeld(Sum, stream);
        // Whoever is told first, it is one bucket.
        rig.Node1.Limit(two.Pod, Of(Sum, Sum / 4));
        AssertHeld(Sum / 4, stream);
        rig.Node1.Limit(one.Pod, Of(null, Sum));
        AssertHeld(Sum, stream);
        Assert.True(rig.Node1.HasLink(RigEndpoint.Sum.Ingress.Near));
        rig.Node1.Limit(two.Pod, EndpointLimits.None);
        Assert.False(rig.Node1.HasLink(RigEndpoint.Sum.Ingress.Near));
        AssertHeld(Sum, stream);
        rig.Node1.Limit(one.Pod, EndpointLimits.None);
        Assert.False(rig.Node1.HasLink(RigEndpoint.Sum.Egress.Near));
        AssertMore(2 * Sum, stream);

        await Eventually.HoldsAsync(() => neighbour.Answers > 100);
        Assert.InRange(neighbour.Unanswered, 0, 1);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(65536, true)]
    [InlineData(8192, false)]
    public async Task A_sum_holds_when_another_agent_takes_over_and_goes_all_the_same(int maxFlows, bool sameMaps)
    {
        var pods = await rig.PodsAsync();
        var one = await rig.AddLimitedAsync(Of(Sum, Sum));
        try
        {
            rig.Node1.Options = new DatapathOptions { MaxFlows = maxFlows };
            await rig.Node1.RestartAsync();

            Assert.Equal(sameMaps, rig.Node1.Datapath.IsTakenOver);
            using (var sent = OneWay.Udp(one.Pod, pods.Near, rig.NextPort()))
                AssertHeld(Sum, sent);
            using (var received = OneWay.Udp(pods.Near, one.Pod, rig.NextPort()))
                AssertHeld(Sum, received);
        }
        finally
        {
            await one.DisposeAsync();
            rig.Node1.Options = new();
            await rig.Node1.RestartAsync();
        }

        Assert.False(rig.Node1.HasLink(RigEndpoint.Sum.Egress.Near));
        Assert.False(rig.Node1.HasLink(RigEndpoint.Sum.Ingress.Near));
    }

    private static EndpointLimits Of(double? towards, double? from) => new()
    {
        Sum = new SumLimits { Names = RigEndpoint.Sum, Ingress = towards is { } ingress ? Bucket(ingress) : null, Egress = from is { } egress ? Bucket(egress) : null },
    };

    /// <summary>At the same time, of streams that may need some seconds to find their rate: until both have a part, or to the end.</summary>
    private static async Task<double[]> MeasureAsync(params OneWay[] streams)
    {
        const int Windows = 6;
        var rates = await Task.WhenAll(streams.Select(stream => Task.Run(stream.Measure)));
        for (var window = 1; window < Windows && (rates.Min() < rates.Sum() / 4 || rates.Sum() < Sum / 2); window++)
            rates = await Task.WhenAll(streams.Select(stream => Task.Run(stream.Measure)));
        return rates;
    }
}
