using Fabric.Primitives;

namespace Bpf.FastPath.Endpoints;

/// <summary>What one direction of an endpoint has carried since it was first attached.</summary>
public sealed record EndpointTraffic
{
    /// <summary>Packets handed over, by either path; the segments of a GSO frame each count.</summary>
    public ulong Packets { get; init; }

    /// <summary>Of those, the bytes, with the Ethernet header, counted once for a GSO frame.</summary>
    public ulong Bytes { get; init; }

    /// <summary>Frames that had nowhere to go, because the endpoint was being taken down.</summary>
    public ulong Drops { get; init; }

    /// <summary>Of the packets, those that passed Open vSwitch by.</summary>
    public ulong FastPackets { get; init; }

    /// <summary>Of the bytes, those of <see cref="FastPackets"/>.</summary>
    public ulong FastBytes { get; init; }

    /// <summary>Why frames were left to Open vSwitch, for the reasons there were. Only a sender's direction has any.</summary>
    public EquatableArray<MissCount> Misses { get; init; } = [];
}

/// <summary>How often frames were left to Open vSwitch for one reason.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Frames">How many frames; a GSO frame counts once.</param>
public readonly record struct MissCount(FastPathMiss Reason, ulong Frames);
