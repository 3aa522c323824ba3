using System.Buffers.Binary;
using System.Diagnostics;
using Bpf.FastPath.Endpoints;
using Bpf.Interop;
using Node.Testing;

namespace Bpf.FastPath.Tests.Endpoints;

public sealed class EndpointDatapathTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    // Unanswered at a time: the tap holds 1,000, and a sender that was kept from its processor must not fill it.
    private const int MostUnderWay = 100;

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Frames_pass_both_ways_and_are_counted(bool fastPath, bool offloads)
    {
        using var endpoint = new EndpointFixture();
        if (!offloads)
            endpoint.Ethtool("-K", "eth0", "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off");
        using var datapath = EndpointDatapath.Load(endpoint, new DatapathOptions { FastPath = fastPath });
        datapath.Attach(endpoint.Devices);

        // An echo request enters as OVS would write it; the pod's answer leaves as OVS would read it.
        var request = EchoFrames.Request(1, payloadBytes: 56);
        endpoint.Tap.Write(request);
        var reply = ReadFrame(endpoint.Tap, EchoFrames.IsReply);

        Assert.Equal(request.Length, reply.Length);
        Assert.Equal(request.AsSpan(6, 6), reply.AsSpan(0, 6));
        Assert.Equal(request.AsSpan(42), reply.AsSpan(42));
        var counters = datapath.ReadCounters(endpoint.Devices)!.Value;
        Assert.Equal(new EndpointTraffic { Packets = 1, Bytes = (ulong)request.Length }, counters.Received);
        Assert.Equal(new EndpointTraffic { Packets = 1, Bytes = (ulong)reply.Length }, counters.Sent with { Misses = [] });
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Detached_endpoint_carries_nothing_and_has_no_counters()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);

        datapath.Detach(endpoint.Devices);
        datapath.Detach(endpoint.Devices);
        endpoint.Tap.Write(EchoFrames.Request(1, 56));

        Assert.Empty(endpoint.FiltersOf(endpoint.Devices.HostIndex));
        Assert.Empty(endpoint.FiltersOf(endpoint.Devices.OvsIndex));
        Assert.Null(datapath.ReadCounters(endpoint.Devices));
        Assert.Empty(endpoint.Tap.Read(TimeSpan.FromMilliseconds(200)));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Maps_say_how_full_they_are()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint, new DatapathOptions { MaxEndpoints = 10 });
        Assert.Equal([new("endpoint_peers", 0, 20), new("endpoint_stats", 0, 22), new("endpoint_shapers", 0, 10)], datapath.ReadMapSizes());

        datapath.Attach(endpoint.Devices);
        Assert.Equal([new("endpoint_peers", 2, 20), new("endpoint_stats", 2, 22), new("endpoint_shapers", 0, 10)], datapath.ReadMapSizes());

        datapath.Forget(endpoint.Devices);
        Assert.All(datapath.ReadMapSizes(), map => Assert.Equal(0, map.Entries));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Frame_of_an_endpoint_unknown_to_the_map_is_dropped_not_given_to_the_node()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);

        datapath.Forget(endpoint.Devices);
        endpoint.Tap.Write(EchoFrames.Request(1, 56));

        Assert.Empty(endpoint.Tap.Read(TimeSpan.FromMilliseconds(200)));
        Assert.Single(endpoint.FiltersOf(endpoint.Devices.OvsIndex), filter => filter is { Name: "from_ovs", IsDirectAction: true });
    }

    /// <summary>
    /// The programs of four processes take over, one after the other, under a stream of 1,000 frames a second: of the same
    /// maps, of others, without the fast path, with it.
    /// </summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Taking_over_from_an_earlier_process_loses_no_frame()
    {
        DatapathOptions[] successors = [new(), new() { MaxFlows = 1024 }, new() { FastPath = false }, new()];
        using var endpoint = new EndpointFixture();
        var programs = new HashSet<uint>();
        var datapath = EndpointDatapath.Load(endpoint);
        datapath.Attach(endpoint.Devices);
        using var ended = new CancellationTokenSource();
        var stream = Task.Factory.StartNew(() => PingAtOneKilohertz(endpoint.Tap, ended.Token), TaskCreationOptions.LongRunning);

        foreach (var options in successors)
        {
            datapath.Dispose();
            datapath = EndpointDatapath.Load(endpoint, options);
            datapath.Attach(endpoint.Devices);
            programs.Add(endpoint.FiltersOf(endpoint.Devices.HostIndex).Single().ProgramId);
            var before = datapath.ReadCounters(endpoint.Devices)!.Value;
            await Eventually.HoldsAsync(() => datapath.ReadCounters(endpoint.Devices)!.Value.Sent.Packets > before.Sent.Packets + 100);
        }

        await ended.CancelAsync();
        var (sent, answered) = await stream;
        datapath.Dispose();
        Assert.Equal(successors.Length, programs.Count);
        Assert.True(sent > 300);
        Assert.Equal(sent, answered);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Full_map_refuses_the_endpoint_by_name()
    {
        using var endpoint = new EndpointFixture();
        using var datapath = EndpointDatapath.Load(endpoint, new DatapathOptions { MaxEndpoints = 1 });
        datapath.Attach(endpoint.Devices);

        var full = Assert.Throws<BpfException>(() => datapath.Attach(new EndpointDevices(100_001, 100_002)));

        Assert.Contains("the map is full", full.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Maps_of_the_same_shape_are_taken_over_with_their_counters_and_others_are_not()
    {
        using var endpoint = new EndpointFixture();
        using var first = EndpointDatapath.Load(endpoint);
        first.Attach(endpoint.Devices);
        first.FastPath!.SetPolicy(7, TimeSpan.Zero);
        endpoint.Tap.Write(EchoFrames.Request(1, 56));
        ReadFrame(endpoint.Tap, EchoFrames.IsReply);

        using var same = EndpointDatapath.Load(endpoint);
        same.Attach(endpoint.Devices);
        using var other = EndpointDatapath.Load(endpoint, new DatapathOptions { MaxFlows = 1024 });

        Assert.Equal((false, true, false), (first.IsTakenOver, same.IsTakenOver, other.IsTakenOver));
        Assert.Equal(1ul, same.ReadCounters(endpoint.Devices)!.Value.Sent.Packets);
        Assert.Equal((7ul, 0ul), (same.FastPath!.Policy, other.FastPath!.Policy));
    }

    [Fact]
    public void What_is_no_object_is_refused_with_libbpfs_words()
    {
        var refused = Assert.Throws<BpfException>(() => BpfObject.Open("rubbish", "not an ELF file at all"u8));
        Assert.NotEmpty(refused.Log!);
    }

    private static (int Sent, int Answered) PingAtOneKilohertz(TapDevice tap, CancellationToken ended)
    {
        var started = Stopwatch.GetTimestamp();
        var seen = new HashSet<ushort>();
        var sent = 0;
        for (; sent < ushort.MaxValue && !ended.IsCancellationRequested; sent++)
        {
            while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromMilliseconds(sent) || (sent - seen.Count >= MostUnderWay && !ended.IsCancellationRequested))
                Collect(tap, TimeSpan.Zero, seen);
            tap.Write(EchoFrames.Request((ushort)sent, 56));
        }

        var last = Stopwatch.GetTimestamp();
        while (seen.Count < sent && Stopwatch.GetElapsedTime(last) < Soon)
            Collect(tap, TimeSpan.FromMilliseconds(100), seen);
        return (sent, seen.Count);
    }

    private static void Collect(TapDevice tap, TimeSpan within, HashSet<ushort> seen)
    {
        var frame = tap.Read(within);
        if (EchoFrames.IsReply(frame))
            seen.Add(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(40)));
    }

    private static byte[] ReadFrame(TapDevice tap, Predicate<byte[]> wanted)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Soon)
        {
            var frame = tap.Read(TimeSpan.FromMilliseconds(200));
            if (wanted(frame))
                return frame;
        }

        throw new TimeoutException("no such frame left the pod");
    }
}
