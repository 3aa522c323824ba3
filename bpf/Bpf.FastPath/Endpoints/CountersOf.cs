using Bpf.Interop;

namespace Bpf.FastPath.Endpoints;

/// <summary>Adds up what the CPUs have counted.</summary>
internal static class CountersOf
{
    internal static EndpointTraffic? Device(BpfPerCpuHashMap<uint, EndpointCountersRow> stats, int device)
    {
        if (stats.Get((uint)device) is not { } rows)
        {
            return null;
        }

        var sum = default(EndpointCountersRow);
        foreach (var row in rows)
        {
            sum.packets += row.packets;
            sum.bytes += row.bytes;
            sum.drops += row.drops;
            sum.fast_packets += row.fast_packets;
            sum.fast_bytes += row.fast_bytes;
            for (var i = 0; i < MissCounters.Count; i++)
            {
                sum.misses[i] += row.misses[i];
            }
        }

        return new EndpointTraffic
        {
            Packets = sum.packets,
            Bytes = sum.bytes,
            Drops = sum.drops,
            FastPackets = sum.fast_packets,
            FastBytes = sum.fast_bytes,
            Misses = [.. Enumerable.Range(0, MissCounters.Count).Select(i => new MissCount((FastPathMiss)i, sum.misses[i])).Where(miss => miss.Frames > 0)],
        };
    }
}
