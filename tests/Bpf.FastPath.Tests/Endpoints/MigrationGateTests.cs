using System.Diagnostics;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Migration;
using Cni.Netlink;
using Node.Testing;

namespace Bpf.FastPath.Tests.Endpoints;

public sealed class MigrationGateTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    // For what is to come, on however busy a machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Frames_are_kept_in_order_and_none_passes_until_what_was_kept_is_done_with()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);
        using var gate = datapath.LoadGate(running: [], isTarget: true);
        gate.Hold(endpoint.Devices, Long);

        var sent = Enumerable.Range(0, 20).Select(n => EchoFrames.Request((ushort)n, n)).ToArray();
        foreach (var frame in sent)
            endpoint.Tap.Write(frame);
        Eventually(() => gate.Head >= sent.Length);
        Assert.Empty(Replies(endpoint));
        var echoes = Kept(gate).Where(IsRequest).ToArray();
        Assert.Equal(sent, echoes);

        // What comes while it drains is put behind; the first that finds nothing before it passes, and opens the gate.
        gate.Drain(0, TimeSpan.Zero);
        var head = gate.Head;
        endpoint.Tap.Write(EchoFrames.Request(100, 56));
        Eventually(() => gate.Head > head);
        Assert.False(gate.IsOpen);
        Assert.Empty(Replies(endpoint));
        gate.Drained(gate.Head);
        endpoint.Tap.Write(EchoFrames.Request(101, 56));
        Assert.NotEmpty(Replies(endpoint, Patience));
        Assert.True(gate.IsOpen);
        Assert.False(gate.HasExpired);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Newest_frames_take_the_place_of_the_oldest()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);
        using var gate = datapath.LoadGate(running: [], isTarget: true);
        gate.Hold(endpoint.Devices, Long);

        var count = gate.Slots + 100;
        for (var n = 0; n < count; n++)
            endpoint.Tap.Write(EchoFrames.Request((ushort)n, 0));
        Eventually(() => gate.Head >= count);

        Assert.False(gate.TryLook(gate.Head - gate.Slots - 1, out _));
        Assert.True(gate.TryLook(gate.Head - gate.Slots, out _));
        Assert.Equal(EchoFrames.Request((ushort)(count - 1), 0), Kept(gate, gate.Head - 8).Last(IsRequest));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Gate_whose_agent_is_gone_opens_by_itself()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);
        using var gate = datapath.LoadGate(running: [], isTarget: true);
        gate.Hold(endpoint.Devices, Long);
        endpoint.Tap.Write(EchoFrames.Request(1, 56));
        Eventually(() => gate.Head >= 1);
        Assert.Empty(Replies(endpoint));

        gate.EndLease();
        endpoint.Tap.Write(EchoFrames.Request(2, 56));
        Assert.NotEmpty(Replies(endpoint, Patience));
        Assert.True(gate is { HasExpired: true, IsOpen: true });
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Frame_that_is_too_long_for_a_slot_is_counted()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);
        using var gate = datapath.LoadGate(running: [], isTarget: true);
        gate.Hold(endpoint.Devices, Long);
        endpoint.Tap.Write(EchoFrames.Request(1, MigrationGate.MaxFrame));
        Eventually(() => gate.TooLong == 1);
        Assert.DoesNotContain(Kept(gate), IsRequest);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Ordinary_programs_take_the_gates_place_and_frames_pass()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);
        using (var gate = datapath.LoadGate(running: [], isTarget: true))
            gate.Hold(endpoint.Devices, Long);
        datapath.Attach(endpoint.Devices);
        endpoint.Tap.Write(EchoFrames.Request(1, 56));
        Assert.NotEmpty(Replies(endpoint, Patience));
        Assert.Equal("from_ovs", endpoint.FiltersOf(endpoint.Devices.OvsIndex).Single().Name);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(10, 6)]
    [InlineData(10, 0)]
    [InlineData(10, 10)]
    [InlineData(1200, 0)]
    public void What_was_taken_from_the_guests_tap_is_known_and_is_told_as_the_gate_tells_frames_apart(int sent, int read)
    {
        using var endpoint = new EndpointFixture();
        using var guest = TapDevice.Open(endpoint.Pod.Path, "tap0");
        using var pod = NetnsScope.OpenSocket(endpoint.Pod.Path);
        var tap = pod.FindLink("tap0")!.Index;
        pod.SetUp(tap);
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);
        using var gate = datapath.LoadGate(running: [], isTarget: true);
        pod.EnsureClsact(tap);
        pod.AttachEgress(tap, gate.Hears, MigrationGate.GuestHears);
        pod.AttachIngress(tap, gate.Speaks, MigrationGate.GuestSpeaks);
        var before = pod.FindQueue(tap)!.Value;

        using var sender = NetnsScope.Run(endpoint.Pod.Path, () => PacketSocket.Open(tap));
        var frames = Enumerable.Range(0, sent).Select(n => EchoFrames.Request((ushort)n, n % 50)).ToArray();
        foreach (var frame in frames)
            sender.Send(frame);
        Eventually(() => gate.Queued == sent);
        for (var n = 0; n < read; n++)
            Assert.Equal(frames[n], guest.Read(Patience));

        // The tap holds 1,000 frames and drops what comes after.
        var queue = pod.FindQueue(tap)!.Value;
        Assert.Equal((read, Math.Max(0, sent - 1000)), (queue.Sent - before.Sent, queue.Dropped - before.Dropped));
        Assert.Equal(read, gate.ReadHeard(gate.Queued, sent - read, 4096).Length);
        gate.Hold(endpoint.Devices, Long);
        foreach (var frame in frames)
            endpoint.Tap.Write(frame);
        Eventually(() => gate.Head >= sent);
        var held = Enumerable.Range(0, (int)gate.Head).Select(n => gate.TryLook(n, out var frame) ? frame : default).Where(frame => frame.Length > 0).Select(frame => frame.Hash).ToHashSet();
        Assert.True(gate.ReadHeard(gate.Queued, 0, 4096).All(held.Contains));
        Assert.Equal(frames.DistinctBy(Convert.ToHexString).Count(), gate.ReadHeard(gate.Queued, 0, 4096).Distinct().Count());

        Assert.False(gate.HasSpoken);
        guest.Write(EchoFrames.Request(1, 0));
        Assert.True(gate.WaitSpoken(Long));
        Assert.InRange(gate.Spoke, 1, Stopwatch.GetTimestamp());
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Who_comes_after_knows_what_went_into_the_guests_tap_before()
    {
        using var endpoint = new EndpointFixture();
        using var guest = TapDevice.Open(endpoint.Pod.Path, "tap0");
        using var pod = NetnsScope.OpenSocket(endpoint.Pod.Path);
        var tap = pod.FindLink("tap0")!.Index;
        pod.SetUp(tap);
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);
        pod.EnsureClsact(tap);
        using var sender = NetnsScope.Run(endpoint.Pod.Path, () => PacketSocket.Open(tap));
        using (var before = datapath.LoadGate(running: [], isTarget: true))
        {
            pod.AttachEgress(tap, before.Hears, MigrationGate.GuestHears);
            pod.AttachIngress(tap, before.Speaks, MigrationGate.GuestSpeaks);
            before.Base = 7;
            before.Hold(endpoint.Devices, Long);
            endpoint.Tap.Write(EchoFrames.Request(1, 56));
            Eventually(() => before.Head > 0);
            sender.Send(EchoFrames.Request(1, 8));
            sender.Send(EchoFrames.Request(2, 8));
            Eventually(() => before.Queued == 2);
            Assert.False(before.IsTakenOver);
        }

        using var gate = datapath.LoadGate([.. pod.GetEgressFilters(tap).Concat(pod.GetIngressFilters(tap)).Select(filter => filter.ProgramId)], isTarget: true);
        pod.AttachEgress(tap, gate.Hears, MigrationGate.GuestHears);
        pod.AttachIngress(tap, gate.Speaks, MigrationGate.GuestSpeaks);
        sender.Send(EchoFrames.Request(3, 8));

        Eventually(() => gate.Queued == 3);
        Assert.Equal((true, 7, 0), (gate.IsTakenOver, gate.Base, gate.Head));
        Assert.Equal(3, gate.ReadHeard(gate.Queued, 0, 4096).Distinct().Count());
        guest.Write(EchoFrames.Request(1, 0));
        Assert.True(gate.WaitSpoken(Long));
    }

    private static void Eventually(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Patience, $"it did not become so within {Patience}");
            Thread.Yield();
        }
    }

    private static byte[][] Kept(MigrationGate gate, long from = 0)
    {
        var buffer = new byte[MigrationGate.MaxFrame];
        return [.. Frames()];

        IEnumerable<byte[]> Frames()
        {
            for (var n = from; n < gate.Head; n++)
            {
                Assert.True(gate.TryRead(n, buffer, out var frame));
                yield return buffer[..frame.Length];
            }
        }
    }

    private static bool IsRequest(byte[] frame) => frame.Length >= 42 && frame[12] == 8 && frame[13] == 0 && frame[23] == 1 && frame[34] == 8;

    /// <summary>What the pod answers first within a time, which is a moment unless it is to answer.</summary>
    private static List<byte[]> Replies(EndpointFixture endpoint, TimeSpan? within = null)
    {
        var replies = new List<byte[]>();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < (within ?? Short) && replies.Count == 0;)
        {
            var frame = endpoint.Tap.Read(TimeSpan.FromMilliseconds(20));
            if (EchoFrames.IsReply(frame))
                replies.Add(frame);
        }

        return replies;
    }
}
