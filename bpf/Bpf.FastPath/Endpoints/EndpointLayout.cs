using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bpf.FastPath.Endpoints;

/// <summary>struct endpoint_peer of endpoint_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct EndpointPeer
{
    /// <summary>ENDPOINT_QUEUED.</summary>
    public const uint Queued = 1;

    /// <summary>ENDPOINT_MARKED.</summary>
    public const uint Marked = 1 << 1;

    /// <summary>ENDPOINT_DSCP_SHIFT.</summary>
    public const int DscpShift = 8;

    /// <summary>ENDPOINT_ADVERTISES.</summary>
    public const uint Advertises = 1 << 2;

    public uint ifindex;
    public uint domain;
    public uint flags;
    public uint shaper;
    public uint sum_in;
    public uint sum_out;

    /// <summary>The row with what is done with the device's frames; what they may be stays.</summary>
    public readonly EndpointPeer Shaped(EndpointShaping shaping) => this with
    {
        flags = (flags & Advertises) | (shaping.IsQueued ? Queued : 0) | (shaping.Dscp is { } dscp ? Marked | ((uint)dscp << DscpShift) : 0),
        shaper = (uint)(shaping.Shaper?.NearIndex ?? 0),
        sum_in = (uint)(shaping.SumIn?.NearIndex ?? 0),
        sum_out = (uint)(shaping.SumOut?.NearIndex ?? 0),
    };
}

/// <summary>struct endpoint_counters of endpoint_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EndpointCountersRow
{
    public ulong packets;
    public ulong bytes;
    public ulong drops;
    public ulong fast_packets;
    public ulong fast_bytes;
    public MissCounters misses;
}

/// <summary>The counters of each <see cref="FastPathMiss"/>, in its order.</summary>
[InlineArray(Count)]
internal struct MissCounters
{
    public const int Count = 24;

    private ulong _first;
}
