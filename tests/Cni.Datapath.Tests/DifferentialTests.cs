using System.Diagnostics;
using System.Net.Sockets;
using Bpf.FastPath.Endpoints;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>The same traffic with the fast path and without: what arrives is the same.</summary>
public sealed class DifferentialTests(FastPathRig rig)
{
    private const int Count = 200;

    /// <summary>By which a frame is known to be one of those that are compared.</summary>
    private static readonly byte[] Mark = [0xfa, 0xb0, 0xd1, 0xff];

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("switched")]
    [OnEachKind("routed")]
    [OnEachKind("switched between nodes")]
    [OnEachKind("routed between nodes")]
    public async Task Random_frames_of_a_fast_flow_arrive_as_without_the_fast_path(EndpointKind kind, string way)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods[way], rig.NextPort());
        var toMac = b.Network == a.Network ? b.Mac : "02:00:00:00:01:01";
        using var echo = new UdpEcho(b, b.Ip, port);
        using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
        using var sender = PodSocket.Frames(a);
        using var receiver = PodSocket.Frames(b);
        var frames = Enumerable.Range(0, Count).Select(i => Random(new Random(i), i, a, b, toMac, port)).ToArray();
        Assert.True(flow.Exchange(20) >= 19);
        var fast = a.Sent.FastPackets;

        var withFastPath = await SendAsync(frames, sender, receiver, a, flow);
        var accelerated = a.Sent.FastPackets - fast;
        HashSet<string> without;
        foreach (var node in rig.Nodes)
            node.Flows.Disable();
        try
        {
            without = await SendAsync(frames, sender, receiver, a, flow);
            without.UnionWith(await AgainAsync(frames, withFastPath.Except(without), sender, receiver, a, flow));
        }
        finally
        {
            foreach (var node in rig.Nodes)
                node.Flows.Enable(node.Ages);
        }

        await Eventually.HoldsAsync(() => flow.TryExchange());
        withFastPath.UnionWith(await AgainAsync(frames, without.Except(withFastPath), sender, receiver, a, flow));

        Assert.True(accelerated > Count + (Count / 8), $"only {accelerated} of {2 * Count} were fast");
        Assert.True(withFastPath.Count > Count / 2);
        Assert.Equal(without.Order(StringComparer.Ordinal), withFastPath.Order(StringComparer.Ordinal));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind("routed")]
    [OnEachKind("routed between nodes")]
    public async Task A_ttl_that_runs_out_at_the_router_is_told_to_the_sender(EndpointKind kind, string way)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods[way], rig.NextPort());
        using var echo = new UdpEcho(b, b.Ip, port);
        using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
        Assert.True(flow.Exchange(20) >= 19);
        var missed = a.Missed(FastPathMiss.Ttl);
        using var frames = PodSocket.Frames(a);

        await Eventually.HoldsAsync(() =>
        {
            frames.Send(Frame.Udp(a.Mac, "02:00:00:00:01:01", a.Ip, port, b.Ip, port, 32, ttl: 1));
            return Icmp(frames) == 11;
        });

        Assert.True(a.Missed(FastPathMiss.Ttl) > missed);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind]
    public async Task A_packet_too_long_for_the_way_is_told_to_the_sender_and_shorter_ones_stay_fast(EndpointKind kind)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, b, port) = (pods.A, pods.FarRouted, rig.NextPort());
        // The way is narrower than the pods think, as between subnets of different MTU.
        rig.Policy("set", "Logical_Router_Port", "vpc1-blue", "options:gateway_mtu=900");
        await rig.InstalledAsync();
        try
        {
            using var echo = new UdpEcho(b, b.Ip, port);
            using var flow = new UdpClientFlow(a, a.Ip, port, b.Ip, port);
            await Eventually.HoldsAsync(() => flow.Exchange(20, 800) == 20);
            using var frames = PodSocket.Frames(a);

            // ovn-controller answers it, in its own time.
            await Eventually.HoldsAsync(() =>
            {
                frames.Send(Frame.Udp(a.Mac, "02:00:00:00:01:01", a.Ip, port, b.Ip, port, 1200));
                return Icmp(frames) == 3;
            });

            // The first that is sent afterwards tells of the message instead; and a flow that was quiet meanwhile is learned again.
            await Eventually.HoldsAsync(() =>
            {
                var fast = a.Sent.FastPackets;
                return flow.Exchange(20, 800) == 20 && a.Sent.FastPackets - fast >= 18;
            });
        }
        finally
        {
            rig.Policy("clear", "Logical_Router_Port", "vpc1-blue", "options");
            a.Run("ip", "route", "flush", "cache");
        }
    }

    /// <returns>The type of the next ICMP message that comes within a second, or -1.</returns>
    private static int Icmp(Socket frames)
    {
        frames.ReceiveTimeout = 200;
        var frame = new byte[2048];
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(1))
        {
            try
            {
                if (frames.Receive(frame) > 34 && frame[12] == 8 && frame[23] == 1 && frame[34] is 3 or 11)
                    return frame[34];
            }
            catch (SocketException)
            {
                // Nothing yet.
            }
        }

        return -1;
    }

    /// <summary>A queue that overflows on a busy machine is no difference: what is missing is sent again, a few times.</summary>
    private static async Task<HashSet<string>> AgainAsync(
        byte[][] frames, IEnumerable<string> missing, Socket sender, Socket receiver, RigEndpoint from, UdpClientFlow flow)
    {
        var numbers = missing.Select(NumberOf).ToHashSet();
        var arrived = new HashSet<string>(StringComparer.Ordinal);
        for (var again = 0; again < 3 && numbers.Count > 0; again++)
        {
            arrived.UnionWith(await SendAsync([.. frames.Where(frame => numbers.Contains(NumberOf(Convert.ToHexString(frame))))], sender, receiver, from, flow));
            numbers.ExceptWith(arrived.Select(NumberOf));
        }

        return arrived;
    }

    private static string NumberOf(string frame) => frame[^16..^8];

    /// <summary>Sends the frames, and afterwards a datagram by which the receiver knows that they are through.</summary>
    private static async Task<HashSet<string>> SendAsync(byte[][] frames, Socket sender, Socket receiver, RigEndpoint from, UdpClientFlow flow)
    {
        var arrived = new List<string>();
        var ended = false;
        var receiving = new Thread(() =>
        {
            var frame = new byte[2048];
            while (!Volatile.Read(ref ended))
            {
                try
                {
                    var length = receiver.Receive(frame);
                    if (length >= 38 && frame[12] == 8 && frame.AsSpan(26, 4).SequenceEqual(from.Ip.GetAddressBytes()) && frame.AsSpan(length - 4, 4).SequenceEqual(Mark))
                        arrived.Add(Convert.ToHexString(frame.AsSpan(0, length)));
                }
                catch (SocketException)
                {
                    // Nothing for a while.
                }
            }
        });
        receiving.Start();
        foreach (var frame in frames)
        {
            sender.Send(frame);
            // Not faster than they are carried.
            flow.TryExchange(10);
        }

        await Eventually.HoldsAsync(() => flow.TryExchange(10));
        var seen = -1;
        await Eventually.HoldsAsync(() =>
        {
            var before = seen;
            seen = arrived.Count;
            return before == seen && flow.TryExchange(10);
        });
        Volatile.Write(ref ended, true);
        receiving.Join();
        return [.. arrived];
    }

    private static byte[] Random(Random random, int number, RigEndpoint a, RigEndpoint b, string toMac, int port)
    {
        // Some as long as the MTU lets them be.
        var payload = random.Next(4) == 0 ? a.Mtu - 28 : random.Next(40, 1300);
        var ttl = (byte)random.Next(1, 255);
        var tos = (byte)(random.Next(4) == 0 ? random.Next(256) : 0);
        var frame = random.Next(8) switch
        {
            0 => Frame.V4(a.Mac, toMac, a.Ip, b.Ip, 17, Udp(port, payload), ttl, tos, fragment: (ushort)(0x2000 | random.Next(2))),
            1 => Frame.V4(a.Mac, toMac, a.Ip, b.Ip, 17, Udp(port, payload), ttl, tos, fragment: (ushort)random.Next(1, 100)),
            2 => Frame.V4(a.Mac, toMac, a.Ip, b.Ip, (byte)random.Next(2, 255), Udp(port, payload), ttl, tos),
            3 => Frame.V4(a.Mac, toMac, a.Ip, b.Ip, 17, Udp(port, payload - 4), ttl, tos, options: [1, 1, 1, 0]),
            _ => Frame.Udp(a.Mac, toMac, a.Ip, port, b.Ip, port, payload, ttl, tos),
        };
        // Which of them arrived is what is compared.
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(frame.Length - 8), number);
        Mark.CopyTo(frame.AsSpan(frame.Length - 4));
        return frame;
    }

    private static byte[] Udp(int port, int payload) =>
        [(byte)(port >> 8), (byte)port, (byte)(port >> 8), (byte)port, (byte)((payload + 8) >> 8), (byte)(payload + 8), 0, 0, .. new byte[payload]];
}
