using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Bpf.Interop;
using Fabric.Primitives;

namespace Bpf.FastPath.Flows;

/// <summary>What both ends of a flow's way share of the maps of fastpath_maps.h, of an object that was loaded here or of a program that runs.</summary>
internal sealed class FlowMaps : IDisposable
{
    private const uint PlaceRemote = 2;
    private const int EventCount = 16;

    private readonly BpfHashMap<uint, FastConfig> _config;
    private readonly BpfHashMap<FastKey, FastFlow> _flows;
    private readonly BpfPerCpuHashMap<uint, ulong> _events;
    private readonly BpfPerCpuHashMap<uint, EndpointCountersRow> _stats;

    private FlowMaps(
        BpfHashMap<uint, FastConfig> config,
        BpfHashMap<FastKey, FastFlow> flows,
        BpfPerCpuHashMap<uint, ulong> events,
        BpfPerCpuHashMap<uint, EndpointCountersRow> stats)
    {
        (_config, _flows, _events, _stats) = (config, flows, events, stats);
    }

    internal FastConfig Config
    {
        get => _config.TryGet(0, out var row) ? row : default;
        set => _config.Set(0, value);
    }

    internal static FlowMaps Of(BpfObject loaded) => new(
        loaded.GetHashMap<uint, FastConfig>("fast_config"),
        loaded.GetHashMap<FastKey, FastFlow>("fast_flows"),
        loaded.GetPerCpuHashMap<uint, ulong>("fast_events"),
        loaded.GetPerCpuHashMap<uint, EndpointCountersRow>("endpoint_stats"));

    /// <returns>The maps, or null when the programs have no fast path.</returns>
    internal static FlowMaps? Of(IReadOnlyList<BpfMap> running)
    {
        // The kernel keeps 15 bytes of a name.
        BpfMap? Find(string name) => running.FirstOrDefault(map => map.Name == name[..Math.Min(name.Length, 15)]);
        return Find("fast_config") is { } config && Find("fast_flows") is { } flows
            && Find("fast_events") is { } events && Find("endpoint_stats") is { } stats
            ? new(
                config.AsHashMap<uint, FastConfig>(), flows.AsHashMap<FastKey, FastFlow>(), events.AsPerCpuHashMap<uint, ulong>(), stats.AsPerCpuHashMap<uint, EndpointCountersRow>())
            : null;
    }

    internal IEnumerable<Flow> ReadFlows()
    {
        var now = (ulong)Stopwatch.GetTimestamp();
        var epoch = Config.epoch;
        return _flows.Entries().Select(entry => Read(entry.Key, entry.Value, now, epoch));
    }

    internal EquatableArray<FastPathEventCount> ReadEvents() =>
    [
        .. from i in Enumerable.Range(0, EventCount)
           let times = (_events.Get((uint)i) ?? []).Aggregate(0UL, (sum, each) => sum + each)
           where times > 0
           select new FastPathEventCount((FastPathEvent)i, times),
    ];

    /// <summary>Has a device be counted.</summary>
    internal void Count(uint device)
    {
        if (_stats.Get(device) is null)
        {
            _stats.Reset(device);
        }
    }

    internal EndpointTraffic? ReadCounters(int device) => CountersOf.Device(_stats, device);

    public void Dispose()
    {
        _config.Dispose();
        _flows.Dispose();
        _events.Dispose();
        _stats.Dispose();
    }

    private static Flow Read(FastKey key, FastFlow flow, ulong now, uint epoch) => new()
    {
        Domain = key.domain,
        Protocol = key.protocol,
        Source = key.source.ToAddress(),
        SourcePort = FromWire(key.source_port),
        Destination = key.destination.ToAddress(),
        DestinationPort = FromWire(key.destination_port),
        Node = flow.place == PlaceRemote ? IpAddress.FromBytes(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in flow.outer_destination))) : null,
        LinkIndex = (int)flow.ifindex,
        DestinationMac = flow.destination_mac.ToMac(),
        SourceMac = flow.source_mac.ToMac(),
        Hops = flow.ttl_fall,
        Longest = flow.longest,
        Age = TimeSpan.FromMicroseconds((now > flow.learned ? now - flow.learned : 0) / 1000),
        IsCurrent = flow.epoch == epoch,
    };

    private static ushort FromWire(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
