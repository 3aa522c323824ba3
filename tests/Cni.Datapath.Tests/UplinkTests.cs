using Cni.Datapath.Shaping;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;
using static Cni.Datapath.Tests.Rig.LimitedPods;

namespace Cni.Datapath.Tests;

/// <summary>Who has a node's uplink when it is full, with real traffic between two nodes.</summary>
public sealed class UplinkTests(FastPathRig rig) : IAsyncLifetime
{
    private const double Uplink = 20e6;

    // Of a frame of the streams, what is there without the tunnel's headers.
    private const double Payload = 1242.0 / (1242 + 58);

    public async ValueTask InitializeAsync()
    {
        if (Needs.Root)
        {
            rig.Node1.Switch("set", "Open_vSwitch", ".", $"external_ids:fabric-underlay-rate={Uplink:0}");
            await Eventually.HoldsAsync(() => Shown("class").Contains("htb 5:1 root", StringComparison.Ordinal) && rig.Node1.Feeder.UplinkFault is null);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Needs.Root)
        {
            rig.Node1.Switch("remove", "Open_vSwitch", ".", "external_ids", "fabric-underlay-rate");
            await Eventually.HoldsAsync(() => !Shown("qdisc").Contains("htb", StringComparison.Ordinal));
        }
    }

    /// <summary>Both flood; to the same subnet, where the sender's MAC is on the wire, and to another, where the router's is.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_full_uplink_goes_to_the_higher_priority_on_both_paths_and_nobody_starves(bool fastPath, bool routed)
    {
        var pods = await rig.PodsAsync();
        await using var one = await rig.AddLimitedAsync(new EndpointLimits { Priority = 5 });
        await using var two = await rig.AddLimitedAsync(EndpointLimits.None);
        if (!fastPath)
        {
            rig.Node1.Datapath.SetDomain(one.Pod.Devices, 0);
            rig.Node1.Datapath.SetDomain(two.Pod.Devices, 0);
        }

        var to = routed ? pods.FarRouted : pods.Far;
        var sent = one.Pod.Sent;
        using var first = OneWay.Udp(one.Pod, to, rig.NextPort());
        using (var second = OneWay.Udp(two.Pod, to, rig.NextPort()))
        {
            await AssertFirstAsync(first, second);
            Assert.Equal(fastPath, one.Pod.Sent.FastBytes - sent.FastBytes > (one.Pod.Sent.Bytes - sent.Bytes) / 2);

            // A change counts for what runs.
            rig.Node1.Limit(two.Pod, new EndpointLimits { Priority = 7 });
            await AssertFirstAsync(second, first);
        }

        // Alone, the lower has all of it.
        AssertHeld(Uplink * Payload, first);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Equal_priorities_share_and_what_stays_on_the_node_is_not_held_back()
    {
        var pods = await rig.PodsAsync();
        await using var one = await rig.AddLimitedAsync(new EndpointLimits { Priority = 3 });
        await using var two = await rig.AddLimitedAsync(new EndpointLimits { Priority = 3 });
        using var flood = OneWay.Udp(one.Pod, pods.Far, rig.NextPort());
        using var other = OneWay.Udp(two.Pod, pods.Far, rig.NextPort());
        using var near = OneWay.Udp(two.Pod, pods.Near, rig.NextPort());

        // More than the uplink never arrives; less may, of the one or the other, while a busy machine keeps a sender waiting.
        const int Windows = 6;
        var rates = await MeasureAsync(flood, other, near);
        for (var window = 1; window < Windows && (rates[0] + rates[1] < Uplink * Payload / 2 || rates[2] <= Uplink * 1.5); window++)
            rates = await MeasureAsync(flood, other, near);

        AssertNear(Uplink * Payload, rates[0] + rates[1]);
        Assert.True(rates[2] > Uplink * 1.5, $"{rates[2]:N0}");
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task There_are_eight_classes_in_their_order_and_one_for_the_node_and_a_rate_that_is_none_is_said()
    {
        await rig.PodsAsync();
        foreach (var (minor, order, rate) in Enumerable.Range(0, 8).Select(priority => (0x10 + priority, 7 - priority, "625Kbit")).Append((0x18, 3, "2500Kbit")))
            Assert.Contains($"class htb 5:{minor:x} parent 5:1 leaf {minor + 5:x}: prio {order} rate {rate} ceil 20Mbit ", Shown("class"), StringComparison.Ordinal);
        Assert.Contains("default 0x18", Shown("qdisc"), StringComparison.Ordinal);

        rig.Node1.Switch("set", "Open_vSwitch", ".", "external_ids:fabric-underlay-rate=fast");
        await Eventually.HoldsAsync(() => rig.Node1.Feeder.UplinkFault is { } fault && fault.Contains("'fast' is no rate of a link", StringComparison.Ordinal) && !Shown("qdisc").Contains("htb", StringComparison.Ordinal));
        rig.Node1.Switch("set", "Open_vSwitch", ".", "external_ids:fabric-underlay-rate=40M");
        await Eventually.HoldsAsync(() => rig.Node1.Feeder.UplinkFault is null && Shown("class").Contains("ceil 40Mbit", StringComparison.Ordinal));
    }

    private string Shown(string what) => rig.Node1.Run("tc", what, "show", "dev", "eth0");

    private static async Task AssertFirstAsync(OneWay first, OneWay second)
    {
        const int Windows = 6;
        var rates = await MeasureAsync(first, second);
        for (var window = 1; window < Windows && !IsHeld(); window++)
            rates = await MeasureAsync(first, second);
        Assert.True(IsHeld(), $"{rates[0]:N0} and {rates[1]:N0}");

        // The second has what the first leaves, whose sender has not always something to send on a busy machine.
        bool IsHeld() => rates[0] > Uplink * 0.7 && rates.Sum() < Uplink * 1.25 && rates[1] is > Uplink / 64 and < Uplink / 4;
    }

    private static Task<double[]> MeasureAsync(params OneWay[] streams) => Task.WhenAll(streams.Select(stream => Task.Run(stream.Measure)));
}
