using Bpf.FastPath.Flows;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>That what OVN forbids ends, also for those who were let through before.</summary>
public sealed class PolicyTests(FastPathRig rig)
{
    /// <summary>How long after a deny is shown as installed a fast flow may go on.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(50);

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("switched", "udp", "to-lport")]
    [OnEachKind("routed between nodes", "udp", "from-lport")]
    [OnEachKind("switched between nodes", "tcp", "to-lport")]
    public async Task A_deny_stops_a_fast_flow_when_its_configuration_is_shown_as_installed(EndpointKind kind, string way, string protocol, string direction)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods[way], rig.NextPort());
        using var flow = protocol == "udp" ? AnswerStream.Udp(a, a.Ip, b, port) : AnswerStream.Tcp(a, b, port);
        // Each direction is judged where the endpoint is.
        var (judged, match) = direction == "to-lport" ? (b, $"outport==\"{b.Name}\"") : (a, $"inport==\"{a.Name}\"");
        // A machine that is busy makes it longer, and nothing makes it shorter: the least of a few is what it takes.
        var took = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 5 && took >= Bound; attempt++)
        {
            var (answers, fast) = (flow.Answers, b.Received.FastPackets);
            await Eventually.HoldsAsync(() => flow.Answers > answers + 50 && b.Received.FastPackets > fast + 20);
            // What is shown next is the deny's, and not the end of the one before.
            await rig.InstalledAsync();
            using var shown = new NbCfgWatch(judged.Node!);
            rig.Policy("acl-add", judged.Network, direction, "1500", $"{match} && {protocol}.dst == {port}", "drop");
            try
            {
                var after = await flow.EndAsync(shown);
                Assert.True(after < new FastPathAges().Soft);
                took = after < took ? after : took;
                // Anew if somebody was slow to answer what had passed before.
                ulong? passed = null;
                await Eventually.HoldsAsync(() =>
                {
                    var inVain = flow.InVain;
                    passed = inVain < 10 ? null : passed ?? b.Received.FastPackets;
                    return inVain >= 20;
                });
                Assert.Equal(passed!.Value, b.Received.FastPackets);
            }
            finally
            {
                rig.Policy("acl-del", judged.Network);
            }
        }

        Assert.True(took < Bound, $"{took.TotalMilliseconds:0.0} ms");
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind]
    public async Task A_connection_survives_a_change_of_policy_and_is_fast_again(EndpointKind kind)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b) = (pods.A, pods.Far);
        var port = rig.NextPort();
        rig.Policy("acl-add", b.Network, "to-lport", "1400", $"outport==\"{b.Name}\" && tcp.dst == {port}", "allow-related");
        try
        {
            using var pair = TcpPair.Connect(a, a.Ip, b, b.Ip, port);
            // It must not stall.
            pair.Server.ReceiveTimeout = 10_000;
            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 16 << 20));
            var before = a.Sent.FastBytes;
            rig.Policy("acl-add", b.Network, "to-lport", "1300", "tcp.dst == 9", "drop");
            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 16 << 20));
            await Eventually.HoldsAsync(() => TcpPair.Transfer(pair.Client, pair.Server, 1 << 20) && a.Sent.FastBytes > before + (8 << 20));
        }
        finally
        {
            rig.Policy("acl-del", b.Network);
        }
    }

    /// <summary>What a connection is that lived longer than connection tracking remembers it.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind]
    public async Task A_connection_outlives_its_entry_in_the_connection_tracking_of_Open_vSwitch(EndpointKind kind)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b) = (pods.A, pods.Far);
        var port = rig.NextPort();
        rig.Policy("acl-add", a.Network, "from-lport", "1400", $"inport==\"{a.Name}\" && tcp.dst == {port}", "allow-related");
        await rig.InstalledAsync();
        try
        {
            using var pair = TcpPair.Connect(a, a.Ip, b, b.Ip, port);
            await Eventually.HoldsAsync(() =>
            {
                var before = a.Sent.FastPackets;
                return TcpPair.Transfer(pair.Client, pair.Server, 1 << 20) && a.Sent.FastPackets > before;
            });
            foreach (var node in rig.Nodes)
                node.Appctl("dpctl/flush-conntrack");

            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 4 << 20));
            // Back to Open vSwitch in mid-stream, which has never seen the connection by now.
            rig.Policy("acl-add", b.Network, "to-lport", "1300", "tcp.dst == 9", "drop");
            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 8 << 20));
            var fast = a.Sent.FastBytes;
            await Eventually.HoldsAsync(() => TcpPair.Transfer(pair.Client, pair.Server, 1 << 20) && a.Sent.FastBytes > fast + (4 << 20));
        }
        finally
        {
            rig.Policy("acl-del", a.Network);
        }
    }
}
