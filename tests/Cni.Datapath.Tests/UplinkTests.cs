using System.Net;
using Cni.Datapath.Shaping;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;
using static Cni.Datapath.Tests.Rig.LimitedPods;

namespace Cni.Datapath.Tests;

/// <summary>Who has a node's uplink when it is full, with real traffic between two nodes.</summary>
public sealed class UplinkTests(FastPathRig rig) : IAsyncLifetime
{
    private const double Uplink = 6.4e6;

    // Of each: enough to fill it, and what Open vSwitch carries of both on a busy machine.
    private const double Offered = 1.5 * Uplink;

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
    [InlineData(EndpointKind.Container, true, false, false)]
    [InlineData(EndpointKind.Container, false, true, false)]
    [InlineData(EndpointKind.Container, true, true, true)]
    [InlineData(EndpointKind.Container, false, false, true)]
    [InlineData(EndpointKind.VirtualMachine, true, false, false)]
    [InlineData(EndpointKind.VirtualMachine, true, true, true)]
    public async Task A_full_uplink_goes_to_the_higher_priority_on_both_paths_and_nobody_starves(EndpointKind kind, bool fastPath, bool routed, bool v6)
    {
        var pods = await rig.PodsAsync();
        await using var one = await AddAsync(5, kind);
        await using var two = await AddAsync(0, kind);
        if (!fastPath)
        {
            rig.Node1.Datapath.SetDomain(one.Pod.Devices, 0);
            rig.Node1.Datapath.SetDomain(two.Pod.Devices, 0);
        }

        var to = routed ? pods.FarRouted : pods.Far;
        var sent = one.Pod.Sent;
        using var first = Flood(one, to, v6);
        using (var second = Flood(two, to, v6))
        {
            await AssertFirstAsync(first, second);
            Assert.Equal(fastPath, one.Pod.Sent.FastBytes - sent.FastBytes > (one.Pod.Sent.Bytes - sent.Bytes) / 2);

            // A change counts for what runs.
            rig.Node1.Prioritize(two.Pod, 7);
            await AssertFirstAsync(second, first);
        }

        // Alone, the lower has all of it.
        AssertHeld(Uplink * Payload, first);
    }

    /// <summary>A VM that moves here sends before its port is bound to this node alone, which hears of it only then.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_priority_counts_while_the_port_is_another_nodes_as_well()
    {
        var pods = await rig.PodsAsync();
        await using var one = await rig.AddLimitedAsync(EndpointLimits.None);
        await using var two = await AddAsync(0);
        rig.Northbound("lsp-set-options", one.Pod.Name, $"requested-chassis={rig.Node2.Name},{rig.Node1.Name}");
        await Eventually.HoldsAsync(() => rig.Southbound("get", "Port_Binding", one.Pod.Name, "options").Contains($"{rig.Node2.Name},{rig.Node1.Name}", StringComparison.Ordinal));

        rig.Node1.Prioritize(one.Pod, 5);

        using var first = Flood(one, pods.Far);
        using var second = Flood(two, pods.Far);
        await AssertFirstAsync(first, second);
    }

    /// <summary>What one may send from besides is a network that another's address is in, which goes before it.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_priority_counts_for_what_may_be_sent_from_besides_and_not_for_anothers_address_in_it()
    {
        const string Besides = "10.70.1.250";
        var pods = await rig.PodsAsync();
        await using var one = await AddAsync(5);
        await using var two = await AddAsync(0);
        rig.Northbound("lsp-set-port-security", one.Pod.Name, $"{one.Pod.Mac} {one.Pod.Address} {Besides}");
        one.Pod.Run("ip", "address", "add", $"{Besides}/32", "dev", "eth0");
        rig.Node1.Prioritize(one.Pod, 5, "10.70.1.0/24");

        using var first = Flood(one, pods.Far, fromAddress: IPAddress.Parse(Besides));
        using var second = Flood(two, pods.Far);
        await AssertFirstAsync(first, second);
    }

    /// <summary>Until the API has said again what each is, it is what the agent before was told.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Priorities_hold_when_another_agent_takes_over_and_has_been_told_nothing_yet()
    {
        var pods = await rig.PodsAsync();
        await using var one = await AddAsync(5);
        await using var two = await AddAsync(0);
        using var first = Flood(one, pods.Far);
        using var second = Flood(two, pods.Far);
        await AssertFirstAsync(first, second);
        var before = Classifier();

        await rig.Node1.RestartAsync();
        await Eventually.HoldsAsync(() => Classifier() != before);
        await AssertFirstAsync(first, second);

        rig.Node1.Prioritize(one.Pod, 0);
        rig.Node1.Prioritize(two.Pod, 7);
        await AssertFirstAsync(second, first);

        // With the number of the program.
        string Classifier() => rig.Node1.Run("tc", "filter", "show", "dev", "eth0", "egress");
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Equal_priorities_share_and_what_stays_on_the_node_is_not_held_back()
    {
        var pods = await rig.PodsAsync();
        await using var one = await AddAsync(3);
        await using var two = await AddAsync(3);
        using var flood = Flood(one, pods.Far);
        using var other = Flood(two, pods.Far);
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
        foreach (var (minor, order, rate) in Enumerable.Range(0, 8).Select(priority => (0x10 + priority, 7 - priority, "200Kbit")).Append((0x18, 3, "800Kbit")))
            Assert.Contains($"class htb 5:{minor:x} parent 5:1 leaf {minor + 5:x}: prio {order} rate {rate} ceil 6400Kbit ", Shown("class"), StringComparison.Ordinal);
        Assert.Contains("default 0x18", Shown("qdisc"), StringComparison.Ordinal);

        rig.Node1.Switch("set", "Open_vSwitch", ".", "external_ids:fabric-underlay-rate=fast");
        await Eventually.HoldsAsync(() => rig.Node1.Feeder.UplinkFault is { } fault && fault.Contains("'fast' is no rate of a link", StringComparison.Ordinal) && !Shown("qdisc").Contains("htb", StringComparison.Ordinal));
        rig.Node1.Switch("set", "Open_vSwitch", ".", "external_ids:fabric-underlay-rate=40M");
        await Eventually.HoldsAsync(() => rig.Node1.Feeder.UplinkFault is null && Shown("class").Contains("ceil 40Mbit", StringComparison.Ordinal));
    }

    private async Task<LimitedPod> AddAsync(int priority, EndpointKind kind = EndpointKind.Container)
    {
        var added = await rig.AddLimitedAsync(EndpointLimits.None, kind);
        rig.Node1.Prioritize(added.Pod, priority);
        return added;
    }

    private OneWay Flood(LimitedPod from, RigEndpoint to, bool v6 = false, IPAddress? fromAddress = null) =>
        OneWay.Udp(from.Pod, to, rig.NextPort(), v6, fromAddress, Offered);

    private string Shown(string what) => rig.Node1.Run("tc", what, "show", "dev", "eth0");

    private static async Task AssertFirstAsync(OneWay first, OneWay second)
    {
        // On a machine that is busy the switch itself is full for seconds.
        const int Windows = 24;
        var seen = new List<string>();
        for (var window = 0; window < Windows; window++)
        {
            var rates = await MeasureAsync(first, second);
            seen.Add($"{rates[0]:N0} and {rates[1]:N0}");
            // The second has what the first leaves, whose sender has not always something to send on a busy machine.
            if (rates[0] > Uplink * 0.7 && rates.Sum() < Uplink * 1.25 && rates[1] is > Uplink / 64 and < Uplink / 4)
                return;
        }

        Assert.Fail(string.Join("; ", seen));
    }

    private static Task<double[]> MeasureAsync(params OneWay[] streams) => Task.WhenAll(streams.Select(stream => Task.Run(stream.Measure)));
}
