using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>Flows that OVN translates.</summary>
public sealed class TranslationTests(FastPathRig rig)
{
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("switched")]
    [OnEachKind("switched between nodes")]
    public async Task Load_balanced_flows_are_answered_from_the_virtual_address_and_never_fast(EndpointKind kind, string way)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods[way], rig.NextPort());
        rig.Policy("lb-add", "shop", $"10.70.99.9:{port}", $"{b.Address}:{port}", "udp", "--", "ls-lb-add", "red", "shop");
        try
        {
            using var echo = new UdpEcho(b, b.Ip, port, mark: 9);
            // Connected: an answer from any other address is none.
            using var flow = new UdpClientFlow(a, a.Ip, port, System.Net.IPAddress.Parse("10.70.99.9"), port);
            await Eventually.HoldsAsync(() => flow.TryExchange());
            var fast = (a.Sent.FastPackets, b.Sent.FastPackets);

            Assert.Equal(200, flow.Exchange(200));

            Assert.Equal(9, flow.Mark);
            Assert.Equal(fast, (a.Sent.FastPackets, b.Sent.FastPackets));
        }
        finally
        {
            rig.Policy("lb-del", "shop");
        }
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind]
    public async Task Load_balanced_connections_carry_what_is_sent_and_are_never_fast(EndpointKind kind)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods.Far, rig.NextPort());
        rig.Policy("lb-add", "store", $"10.70.99.9:{port}", $"{b.Address}:{port}", "tcp", "--", "ls-lb-add", "red", "store");
        await rig.InstalledAsync();
        try
        {
            using var pair = TcpPair.Connect(a, a.Ip, b, b.Ip, port, through: System.Net.IPAddress.Parse("10.70.99.9"));
            var fast = (a.Sent.FastPackets, b.Sent.FastPackets);

            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 1 << 20));
            Assert.True(TcpPair.Transfer(pair.Server, pair.Client, 1 << 20));

            Assert.Equal(fast, (a.Sent.FastPackets, b.Sent.FastPackets));
        }
        finally
        {
            rig.Policy("lb-del", "store");
        }
    }

    /// <summary>
    /// Source NAT and floating addresses, both at a gateway on the other node. On the way to the gateway such a flow is like any
    /// other; there it is Open vSwitch's.
    /// </summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("snat", "10.70.1.0/24")]
    [OnEachKind("dnat_and_snat", null)]
    public async Task Flows_whose_source_is_translated_are_answered_and_not_fast_where_that_is_done(EndpointKind kind, string translation, string? inside)
    {
        const string Translated = "10.70.9.100";
        var pods = await rig.PodsAsync(kind);
        var (a, port) = (pods.A, rig.NextPort());
        rig.Northbound(
            "ls-add", "wan", "--", "lrp-add", "vpc1", "vpc1-wan", "02:00:00:00:09:01", "10.70.9.1/24", "--", "lsp-add", "wan", "wan-router", "--",
            "lsp-set-type", "wan-router", "router", "--", "lsp-set-addresses", "wan-router", "router", "--",
            "lsp-set-options", "wan-router", "router-port=vpc1-wan", "--", "lrp-set-gateway-chassis", "vpc1-wan", rig.Node2.Name);
        rig.Policy("lr-nat-add", "vpc1", translation, Translated, inside ?? a.Address);
        var host = await rig.AddAsync(rig.Node2, "wan", "10.70.9.22", "02:00:00:70:09:22", kind: kind);
        try
        {
            await rig.InstalledAsync();
            using var echo = new UdpEcho(host, host.Ip, port, mark: 5);
            using var flow = new UdpClientFlow(a, a.Ip, port, host.Ip, port);
            await Eventually.HoldsAsync(() => flow.TryExchange());
            var fast = (host.Sent.FastPackets, host.Received.FastPackets);

            Assert.Equal(200, flow.Exchange(200));

            Assert.Equal(5, flow.Mark);
            Assert.Equal(fast, (host.Sent.FastPackets, host.Received.FastPackets));
            Assert.Equal(Translated, echo.From?.Address.ToString());
        }
        finally
        {
            await rig.RemoveAsync(host);
            rig.Policy("lr-nat-del", "vpc1", "--", "lrp-del", "vpc1-wan", "--", "ls-del", "wan");
        }
    }
}
