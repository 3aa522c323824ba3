using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>Agents that come and go, entries that age, maps that are full.</summary>
public sealed class LifecycleTests(FastPathRig rig)
{
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(65536, true)]
    [InlineData(8192, false)]
    public async Task A_flow_goes_on_when_another_agent_takes_over(int maxFlows, bool sameMaps)
    {
        var pods = await rig.PodsAsync();
        var (a, b, port) = (pods.A, pods.Far, rig.NextPort());
        using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
        using var stream = new AnswerStream(() => flow.TryExchange(timeoutMilliseconds: UdpClientFlow.PatienceMilliseconds), new UdpEcho(b, b.Ip, port));
        await Eventually.HoldsAsync(() => stream.Answers > 100);
        rig.Node1.Options = new DatapathOptions { MaxFlows = maxFlows };
        try
        {
            await rig.Node1.RestartAsync();

            Assert.Equal(sameMaps, rig.Node1.Datapath.IsTakenOver);
            var (answers, fast) = (stream.Answers, a.Sent.FastPackets);
            await Eventually.HoldsAsync(() => stream.Answers > answers + 200 && a.Sent.FastPackets > fast + 150);
        }
        finally
        {
            rig.Node1.Options = new();
            await rig.Node1.RestartAsync();
        }

        // At most the one that is under way.
        Assert.InRange(stream.Unanswered, 0, 1);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_flow_goes_on_while_no_agent_runs_and_when_the_fast_path_is_taken_away()
    {
        var pods = await rig.PodsAsync();
        var (a, b, port) = (pods.A, pods.Far, rig.NextPort());
        using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
        using var stream = new AnswerStream(() => flow.TryExchange(timeoutMilliseconds: UdpClientFlow.PatienceMilliseconds), new UdpEcho(b, b.Ip, port));
        await Eventually.HoldsAsync(() => stream.Answers > 100);
        try
        {
            await rig.Node1.StopAsync();
            var answers = stream.Answers;
            await Eventually.HoldsAsync(() => stream.Answers > answers + 200);
            rig.Node1.Options = new DatapathOptions { FastPath = false };
            await rig.Node1.RestartAsync();
            Assert.False(rig.Node1.Feeder.State.IsEnabled);
            Assert.Null(rig.Node1.FindRunning("from_underlay"));
            answers = stream.Answers;
            var fast = a.Sent.FastPackets;
            await Eventually.HoldsAsync(() => stream.Answers > answers + 200);
            Assert.Equal(fast, a.Sent.FastPackets);
        }
        finally
        {
            rig.Node1.Options = new();
            await rig.Node1.RestartAsync();
        }

        Assert.InRange(stream.Unanswered, 0, 1);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_node_that_is_detached_by_hand_loses_nothing_and_is_fast_again_when_it_is_attached()
    {
        var pods = await rig.PodsAsync();
        var (a, b, port) = (pods.A, pods.Far, rig.NextPort());
        using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
        using var stream = new AnswerStream(() => flow.TryExchange(timeoutMilliseconds: UdpClientFlow.PatienceMilliseconds), new UdpEcho(b, b.Ip, port));
        await FastAsync();
        using (var running = RunningFastPath.Open(rig.Node1.ProgramOf(a))!)
        {
            running.Hold();
            await Eventually.HoldsAsync(() => rig.Node1.Feeder.State == FastPathState.Detached);
            // Whatever changes meanwhile has the agent look at all of it again.
            rig.Policy();
            await Eventually.HoldsAsync(() => rig.Node1.Flows.Policy == rig.Node2.Flows.Policy);
            var (answers, fast) = (stream.Answers, a.Sent.FastPackets);
            await Eventually.HoldsAsync(() => stream.Answers > answers + 200);
            Assert.Equal(fast, a.Sent.FastPackets);

            running.Release();
        }

        await Eventually.HoldsAsync(() => rig.Node1.Feeder.State.IsEnabled);
        await FastAsync();
        Assert.InRange(stream.Unanswered, 0, 1);

        Task FastAsync()
        {
            var before = a.Sent.FastPackets;
            return Eventually.HoldsAsync(() => a.Sent.FastPackets > before + 100);
        }
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Established_flows_lose_nothing_when_ovs_vswitchd_starts_again_and_others_are_fast_afterwards()
    {
        var pods = await rig.PodsAsync();
        var (a, b, port) = (pods.A, pods.Far, rig.NextPort());
        using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
        using var stream = new AnswerStream(() => flow.TryExchange(timeoutMilliseconds: UdpClientFlow.PatienceMilliseconds), new UdpEcho(b, b.Ip, port));
        using var pair = TcpPair.Connect(a, a.Ip, b, b.Ip, rig.NextPort());
        await Eventually.HoldsAsync(() =>
        {
            var before = a.Sent.FastBytes;
            return stream.Answers > 100 && TcpPair.Transfer(pair.Client, pair.Server, 1 << 20) && a.Sent.FastBytes - before > 1 << 20;
        });

        await rig.Node1.RestartSwitchAsync(async () =>
        {
            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 8 << 20));
            var answers = stream.Answers;
            await Eventually.HoldsAsync(() => stream.Answers > answers + 200);
        });

        // Whatever is fast may come back to it, whose connection tracking knows nothing and must not ask for more.
        await Eventually.HoldsAsync(() => rig.Node1.TryAppctl("dpctl/ct-get-tcp-seq-chk")?.Contains("disabled", StringComparison.Ordinal) == true);
        using var later = new UdpClientFlow(a, a.Ip, rig.NextPort(), b.Ip, port);
        await Eventually.HoldsAsync(() =>
        {
            var before = a.Sent.FastPackets;
            return later.TryExchange(timeoutMilliseconds: 100) && a.Sent.FastPackets > before;
        });
        Assert.InRange(stream.Unanswered, 0, 1);
        rig.Policy();
        await rig.InstalledAsync();
        Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 8 << 20));
        await Eventually.HoldsAsync(() =>
        {
            var before = a.Sent.FastBytes;
            return TcpPair.Transfer(pair.Client, pair.Server, 1 << 20) && a.Sent.FastBytes - before > 1 << 20;
        });
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("switched", false)]
    [OnEachKind("switched between nodes", false)]
    [OnEachKind("routed between nodes", true)]
    public async Task An_entry_is_renewed_by_copies_that_nobody_gets(EndpointKind kind, string way, bool v6)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods[way], rig.NextPort());
        using var echo = new UdpEcho(b, b.Of(v6), port);
        using var flow = new UdpClientFlow(a, a.Of(v6), port, b.Of(v6), port);
        SetAges(new FastPathAges { Soft = TimeSpan.FromMilliseconds(100), Hard = TimeSpan.FromSeconds(20), Retry = TimeSpan.FromMilliseconds(50) });
        try
        {
            Assert.True(flow.Exchange(20) >= 19);
            var seen = echo.Seen;
            var (slow, answered) = (a.Sent.Packets - a.Sent.FastPackets, rig.Node1.Happened(FastPathEvent.Answered));
            long exchanged = 0;
            await Eventually.HoldsAsync(() =>
            {
                exchanged += flow.Exchange(50);
                return rig.Node1.Happened(FastPathEvent.Answered) > answered + 5;
            });

            Assert.Equal(exchanged, echo.Seen - seen);
            // ARP and neighbour discovery go the other way in their own time.
            Assert.InRange(a.Sent.Packets - a.Sent.FastPackets - slow, 0ul, 6ul);
        }
        finally
        {
            SetAges(new());
        }
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind]
    public async Task Ten_thousand_flows_through_maps_for_a_few_hundred_and_a_flood_of_SYN_keep_everybody_reachable(EndpointKind kind)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods.Far, rig.NextPort());
        rig.Node1.Options = new DatapathOptions { MaxFlows = 512, MaxPending = 256 };
        await rig.Node1.RestartAsync();
        try
        {
            using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
            using var stream = new AnswerStream(() => flow.TryExchange(), new UdpEcho(b, b.Ip, port));
            using var frames = PodSocket.Frames(a);
            await Eventually.HoldsAsync(() => stream.Answers > 50);
            for (var i = 0; i < 10_000; i++)
            {
                frames.Send(Frame.Udp(a.Mac, b.Mac, a.Ip, 1024 + i, b.Ip, port, 32));
                if (i % 2 == 0)
                    frames.Send(Frame.Tcp(a.Mac, b.Mac, a.Ip, 1024 + i, b.Ip, port, 0x02, (uint)i, 0));
                if (i % 50 == 0)
                    await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            var (answers, fast) = (stream.Answers, a.Sent.FastPackets);
            await Eventually.HoldsAsync(() => stream.Answers > answers + 100 && a.Sent.FastPackets > fast + 50);
            Assert.True(rig.Node1.Flows.ReadFlows().Count() <= 600);
            using var pair = TcpPair.Connect(a, a.Ip, b, b.Ip, rig.NextPort());
            Assert.True(TcpPair.Transfer(pair.Client, pair.Server, 4 << 20));
        }
        finally
        {
            rig.Node1.Options = new();
            await rig.Node1.RestartAsync();
        }
    }

    private void SetAges(FastPathAges ages)
    {
        foreach (var node in rig.Nodes)
        {
            node.Ages = ages;
            node.Flows.Enable(ages);
        }
    }
}
