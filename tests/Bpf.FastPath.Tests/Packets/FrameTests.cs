using System.Buffers.Binary;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Bpf.Interop;
using Node.Testing;

namespace Bpf.FastPath.Tests.Packets;

/// <summary>The programs on single frames, which the kernel runs and sends nowhere (BPF_PROG_TEST_RUN).</summary>
public sealed class FrameTests : IDisposable
{
    private const int Loopback = 1;
    private const int Redirect = 7;
    private const int Shot = 2;
    private const int GoOn = -1;

    private readonly BpfObject? _loaded;

    public FrameTests()
    {
        if (Needs.Root)
            _loaded = LoadedFastPath.Load(Loopback, domain: 1, vni: 0x123456);
    }

    public void Dispose() => _loaded?.Dispose();

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(nameof(Frames.Udp4), FastPathMiss.Unknown)]
    [InlineData(nameof(Frames.Udp6), FastPathMiss.Unknown)]
    [InlineData(nameof(Frames.Arp), FastPathMiss.NotIp)]
    [InlineData(nameof(Frames.Multicast), FastPathMiss.NotIp)]
    [InlineData(nameof(Frames.FirstFragment), FastPathMiss.Fragment)]
    [InlineData(nameof(Frames.LastFragment), FastPathMiss.Fragment)]
    [InlineData(nameof(Frames.Fragment6), FastPathMiss.Fragment)]
    [InlineData(nameof(Frames.Options), FastPathMiss.Options)]
    [InlineData(nameof(Frames.HopByHop6), FastPathMiss.Options)]
    [InlineData(nameof(Frames.Gre), FastPathMiss.Protocol)]
    [InlineData(nameof(Frames.LinkLocal4), FastPathMiss.Protocol)]
    [InlineData(nameof(Frames.LinkLocal6), FastPathMiss.Protocol)]
    [InlineData(nameof(Frames.Unreachable), FastPathMiss.Protocol)]
    [InlineData(nameof(Frames.ShortHeader), FastPathMiss.Malformed)]
    [InlineData(nameof(Frames.TooLong), FastPathMiss.Malformed)]
    [InlineData(nameof(Frames.UdpTooLong), FastPathMiss.Malformed)]
    [InlineData(nameof(Frames.TcpShortOffset), FastPathMiss.Malformed)]
    [InlineData(nameof(Frames.Syn), FastPathMiss.Control)]
    [InlineData(nameof(Frames.Fin), FastPathMiss.Control)]
    [InlineData(nameof(Frames.Rst), FastPathMiss.Control)]
    [InlineData(nameof(Frames.Marked6), FastPathMiss.Marked)]
    public void A_frame_that_is_not_for_the_fast_path_is_left_to_the_switch_for_its_reason(string frame, FastPathMiss reason)
    {
        using var program = _loaded!.GetProgram("from_endpoint");

        var (verdict, _) = program.TestRun(Frames.Named(frame), Loopback, new byte[2048]);

        Assert.Equal(Redirect, verdict);
        Assert.Equal([new MissCount(reason, 1)], Counters().Misses);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void A_frame_of_an_endpoint_with_the_mark_of_a_refresh_is_dropped()
    {
        using var program = _loaded!.GetProgram("from_endpoint");

        Assert.Equal(Shot, program.TestRun(Frames.Marked4, Loopback, new byte[2048]).Verdict);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void A_flow_label_that_is_kept_for_refreshes_is_taken_off_a_frame()
    {
        using var program = _loaded!.GetProgram("from_endpoint");
        var after = new byte[2048];

        program.TestRun(Frames.Marked6, Loopback, after);

        Assert.Equal(0x60000000u, BinaryPrimitives.ReadUInt32BigEndian(after.AsSpan(14)));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(64, 64, 1)]
    [InlineData(64, 62, 0)]
    public void The_fall_of_a_ttl_is_not_learned_while_frames_of_several_are_inside_the_switch(byte first, byte second, int learned)
    {
        using var enters = _loaded!.GetProgram("from_endpoint");
        using var leaves = _loaded.GetProgram("from_ovs");
        enters.TestRun(With(first), Loopback, new byte[2048]);
        enters.TestRun(With(second), Loopback, new byte[2048]);

        leaves.TestRun(With((byte)(first - 1)), Loopback, new byte[2048]);

        using var flows = _loaded.GetHashMap<FastKey, FastFlow>("fast_flows");
        Assert.Equal(learned, flows.Entries().Count());

        static byte[] With(byte ttl)
        {
            var frame = Frames.Udp4;
            frame[22] = ttl;
            return frame;
        }
    }

    /// <summary>
    /// Whatever an endpoint sends, it reaches the switch as it was: nothing is known, so nothing may be fast, and no byte may
    /// change. 20,000 frames that begin as good ones.
    /// </summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("from_endpoint", Redirect)]
    [InlineData("from_underlay", GoOn)]
    [InlineData("to_underlay", GoOn)]
    [InlineData("from_ovs", Redirect)]
    public void No_sequence_of_bytes_is_changed_or_accelerated(string name, int wanted)
    {
        var random = new Random(20261127);
        using var program = _loaded!.GetProgram(name);
        var after = new byte[4096];
        var run = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var frame = Mutate(random, name.EndsWith("underlay", StringComparison.Ordinal));
            if (!TryRun(program, frame, after, out var verdict, out var length))
                continue;
            run++;

            // Marked frames are dropped, and lose a flow label, wherever they come from.
            if (verdict == Shot || frame.AsSpan().IndexOf<byte>([0xab, 0x1c]) >= 0)
                continue;
            Assert.True(verdict == wanted, $"verdict {verdict} for {Convert.ToHexString(frame)}");
            Assert.Equal(frame.Length, length);
            Assert.True(frame.AsSpan().SequenceEqual(after.AsSpan(0, length)), Convert.ToHexString(frame));
        }

        Assert.Equal(0ul, Counters().FastPackets);
        Assert.True(run > 15_000);
    }

    /// <summary>The kernel's test run refuses to make a frame that says IP and has no room for its header.</summary>
    private static bool TryRun(BpfProgram program, byte[] frame, byte[] after, out int verdict, out int length)
    {
        try
        {
            (verdict, length) = program.TestRun(frame, Loopback, after);
            return true;
        }
        catch (BpfException e) when (e.Errno == 22 && frame.Length < 14 + 40)
        {
            (verdict, length) = (0, 0);
            return false;
        }
    }

    private static byte[] Mutate(Random random, bool tunnelled)
    {
        var inner = Frames.All[random.Next(Frames.All.Count)];
        var frame = tunnelled ? Frames.Tunnel(inner, 0x123456) : [.. inner];
        for (var changes = random.Next(0, 5); changes > 0; changes--)
            frame[random.Next(frame.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : random.Next(2) * 255);
        return random.Next(3) == 0 ? frame[..random.Next(14, frame.Length + 1)] : frame;
    }

    private EndpointTraffic Counters()
    {
        using var stats = _loaded!.GetPerCpuHashMap<uint, EndpointCountersRow>("endpoint_stats");
        return CountersOf.Device(stats, Loopback)!;
    }
}
