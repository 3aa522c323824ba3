using System.Buffers.Binary;
using System.Diagnostics;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Bpf.Interop;
using Fabric.Primitives;
using Node.Testing;

namespace Bpf.FastPath.Tests.Packets;

/// <summary>The programs on single frames of flows that are known both ways, and on what is nearly such a frame.</summary>
public sealed class KnownFlowTests : IDisposable
{
    private const int Loopback = 1;
    private const int Redirect = 7;
    private const uint Domain = 1;
    private const uint Vni = 0x123456;
    private const int OuterBytes = 58;

    private static readonly byte[] Sender = [2, 0, 0, 0, 0, 1];
    private static readonly byte[] Receiver = [2, 0, 0, 0, 0, 2];
    private static readonly byte[] NewSender = [2, 0, 0, 0, 9, 1];
    private static readonly byte[] NewReceiver = [2, 0, 0, 0, 9, 2];

    // Of Frames.Tunnel: the nodes have the addresses of its endpoints.
    private static readonly uint From = BitConverter.ToUInt32([10, 9, 0, 1]);
    private static readonly uint To = BitConverter.ToUInt32([10, 9, 0, 2]);

    private readonly BpfObject? _loaded;

    public KnownFlowTests()
    {
        if (Needs.Root)
            _loaded = LoadedFastPath.Load(Loopback, Domain, Vni);
    }

    public void Dispose() => _loaded?.Dispose();

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(nameof(Frames.Udp4), "10.9.0.1", "10.9.0.2")]
    [InlineData(nameof(Frames.Udp6), "fd09::1", "fd09::2")]
    public void What_became_of_an_address_is_read_where_it_was_written(string frame, string source, string destination)
    {
        using var generations = _loaded!.MapArray<FastGeneration>("fast_generations");
        generations[FastGeneration.RowOf(Domain, IpAddress.Parse(source))].raised = 5;
        generations[FastGeneration.RowOf(Domain, IpAddress.Parse(destination))].raised = 7;
        using var program = _loaded.GetProgram("from_endpoint");

        program.TestRun(Frames.Named(frame), Loopback, new byte[2048]);

        using var pending = _loaded.GetHashMap<FastKey, FastPending>("fast_pending");
        Assert.Equal(12u, pending.Entries().Single().Value.generation);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void A_flow_of_an_address_that_has_moved_or_is_held_is_left_to_the_switch()
    {
        Know(Way.OnThisNode);
        using var generations = _loaded!.MapArray<FastGeneration>("fast_generations");
        using var program = _loaded.GetProgram("from_endpoint");
        var row = FastGeneration.RowOf(Domain, IpAddress.Parse("10.9.0.2"));
        Assert.True(IsFast());

        generations[row].held = 1;
        Assert.False(IsFast());
        generations[row].held = 0;
        Assert.True(IsFast());
        generations[row].raised = 1;
        Assert.False(IsFast());

        Assert.Equal([new MissCount(FastPathMiss.Generation, 1), new MissCount(FastPathMiss.Held, 1)], Counters().Misses);

        bool IsFast()
        {
            var before = Counters().FastPackets;
            program.TestRun(Frames.Udp4, Loopback, new byte[2048]);
            return Counters().FastPackets > before;
        }
    }

    /// <summary>
    /// 20,000 frames that begin as those of flows that are known. One that is accelerated is a whole frame of its flow from its
    /// own sender, and comes out with other MACs and no other change; every other goes to the switch as it was.
    /// </summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(Way.OnThisNode)]
    [InlineData(Way.ToAnother)]
    [InlineData(Way.FromAnother)]
    public void Only_whole_frames_of_a_known_flow_are_accelerated(Way way)
    {
        Know(way);
        var (receiver, sender) = way == Way.FromAnother ? (Receiver, Sender) : (NewReceiver, NewSender);
        var random = new Random(20261128);
        using var program = _loaded!.GetProgram(way == Way.FromAnother ? "from_underlay" : "from_endpoint");
        var after = new byte[4096];
        var (fast, left) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var inner = (random.Next(3) switch { 0 => Frames.Udp4, 1 => Frames.Udp6, _ => Frames.Data }).ToArray();
            var original = way == Way.FromAnother ? Frames.Tunnel(inner, Vni) : inner;
            var frame = original.ToArray();
            for (var changes = random.Next(0, 3); changes > 0; changes--)
                frame[random.Next(frame.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : random.Next(2) * 255);
            if (random.Next(4) == 0)
                frame = frame[..random.Next(Math.Min(14 + 40, frame.Length), frame.Length + 1)];
            var before = Counters().FastPackets;

            var (verdict, length) = program.TestRun(frame, Loopback, after);

            var whose = $"{Convert.ToHexString(frame)} of {Convert.ToHexString(original)}";
            if (Counters().FastPackets == before)
            {
                left++;
                // One with the mark of a refresh is dropped or cleaned.
                Assert.True(verdict != Redirect || way != Way.FromAnother, whose);
                Assert.True(!frame.AsSpan().SequenceEqual(original), whose);
                // After a SYN, FIN or RST the flow is not known any more.
                Know(way);
                continue;
            }

            fast++;
            Assert.True(verdict == Redirect, whose);
            if (way == Way.FromAnother)
            {
                AssertOuterIsOf(original, frame, whose);
                AssertIsOf(inner, frame.AsSpan(OuterBytes), whose);
            }
            else
            {
                AssertIsOf(inner, frame, whose);
            }

            if (way == Way.ToAnother)
                AssertTunnelled(after.AsSpan(0, length), whose);
            var came = after.AsSpan(0, length)[(way == Way.ToAnother ? OuterBytes : 0)..];
            Assert.True(came[..6].SequenceEqual(receiver) && came[6..12].SequenceEqual(sender), whose);
            Assert.True(came[12..].SequenceEqual(frame.AsSpan(way == Way.FromAnother ? OuterBytes : 0)[12..]), $"{Convert.ToHexString(came)} for {whose}");
        }

        Assert.True(fast > 4000 && left > 4000, $"{fast} fast, {left} left");
    }

    /// <summary>Where a flow goes.</summary>
    public enum Way
    {
        /// <summary>From one endpoint of the node to another.</summary>
        OnThisNode,

        /// <summary>To another node.</summary>
        ToAnother,

        /// <summary>From another node.</summary>
        FromAnother,
    }

    /// <summary>Who sent it and to whom, the header's form, and that it is whole, has time to live and is no part of another.</summary>
    private static void AssertIsOf(byte[] original, ReadOnlySpan<byte> frame, string whose)
    {
        Assert.True(frame[..14].SequenceEqual(original.AsSpan(0, 14)), whose);
        var isV6 = original[12] == 0x86;
        var ip = frame[14..];
        var ports = isV6 ? 40 : 20;
        if (isV6)
        {
            Assert.True(ip[0] >> 4 == 6 && ip[6] == original[20] && 40 + ((ip[4] << 8) | ip[5]) <= ip.Length && ip[7] > 0, whose);
            Assert.True(ip[8..40].SequenceEqual(original.AsSpan(22, 32)), whose);
        }
        else
        {
            Assert.True(ip[0] == 0x45 && (ip[6] & 0xbf) == 0 && ip[7] == 0 && ip[9] == original[23] && ((ip[2] << 8) | ip[3]) <= ip.Length && ip[8] > 0, whose);
            Assert.True(ip[12..20].SequenceEqual(original.AsSpan(26, 8)), whose);
        }

        Assert.True(ip.Slice(ports, 4).SequenceEqual(original.AsSpan(14 + ports, 4)), whose);
        // Neither SYN, FIN nor RST.
        Assert.True(original[14 + (isV6 ? 6 : 9)] != 6 || (ip[ports + 13] & 7) == 0, whose);
    }

    private static void AssertOuterIsOf(byte[] original, ReadOnlySpan<byte> frame, string whose)
    {
        // IPv4 without options or fragments, UDP, both nodes, the port, and Geneve as OVN writes it, with the network.
        Assert.True(frame[14] == 0x45 && (frame[20] & 0x3f) == 0 && frame[21] == 0 && frame[23] == 17, whose);
        Assert.True(frame[26..34].SequenceEqual(original.AsSpan(26, 8)) && frame[36..38].SequenceEqual(original.AsSpan(36, 2)), whose);
        Assert.True(frame[42..49].SequenceEqual(original.AsSpan(42, 7)) && frame[50..54].SequenceEqual(original.AsSpan(50, 4)), whose);
    }

    /// <summary>The outer headers are whole, their checksum is right, and the port is the one that the switch chose.</summary>
    private static void AssertTunnelled(ReadOnlySpan<byte> frame, string whose)
    {
        var sum = 0;
        for (var at = 14; at < 34; at += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(frame[at..]);
        Assert.Equal(0xffff, (sum & 0xffff) + (sum >> 16));
        Assert.Equal(frame.Length - 14, BinaryPrimitives.ReadUInt16BigEndian(frame[16..]));
        Assert.Equal(frame.Length - 34, BinaryPrimitives.ReadUInt16BigEndian(frame[38..]));
        Assert.True(frame[34..38].SequenceEqual<byte>([0x34, 0x12, 0x17, 0xc1]), whose);
    }

    private void Know(Way way)
    {
        using var flows = _loaded!.GetHashMap<FastKey, FastFlow>("fast_flows");
        foreach (var (protocol, port, source, destination) in new[] { (17, 53, "10.9.0.1", "10.9.0.2"), (6, 80, "10.9.0.1", "10.9.0.2"), (17, 53, "fd09::1", "fd09::2") })
        {
            var (from, to) = (AddressBytes.Of(IpAddress.Parse(source)), AddressBytes.Of(IpAddress.Parse(destination)));
            var (sends, takes) = (ToWire(12345), ToWire(port));
            var there = new FastKey { domain = Domain, source = from, destination = to, source_port = sends, destination_port = takes, protocol = (byte)protocol };
            var back = new FastKey { domain = Domain, source = to, destination = from, source_port = takes, destination_port = sends, protocol = (byte)protocol };
            // Between nodes a frame bears the MACs already that the endpoint gets.
            flows.Set(there, way == Way.FromAnother ? Flow(isRemote: false, Receiver, Sender) : Flow(way == Way.ToAnother, NewReceiver, NewSender));
            flows.Set(back, Flow(way == Way.FromAnother, Sender, Receiver));
        }
    }

    private static FastFlow Flow(bool isRemote, byte[] destination, byte[] source)
    {
        var flow = new FastFlow
        {
            learned = (ulong)Stopwatch.GetTimestamp(), asked = (ulong)Stopwatch.GetTimestamp(), epoch = 1, place = isRemote ? 2u : 1u, ifindex = Loopback, longest = 1280,
            outer_source = To, outer_destination = From, outer_ttl = 64, vni = Vni, outer_source_port = 0x1234,
        };
        destination.CopyTo((Span<byte>)flow.destination_mac);
        source.CopyTo((Span<byte>)flow.source_mac);
        return flow;
    }

    private static ushort ToWire(int port) => (ushort)((port << 8) | (port >> 8));

    private EndpointTraffic Counters()
    {
        using var stats = _loaded!.GetPerCpuHashMap<uint, EndpointCountersRow>("endpoint_stats");
        return CountersOf.Device(stats, Loopback)!;
    }
}
