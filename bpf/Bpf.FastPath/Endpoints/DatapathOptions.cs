namespace Bpf.FastPath.Endpoints;

/// <summary>How large the maps of a node are, and whether it has a fast path. A full map of flows costs speed, never reachability.</summary>
public sealed record DatapathOptions
{
    /// <summary>Endpoints of the node at most; a full map refuses the next one.</summary>
    public int MaxEndpoints { get; init; } = EndpointDatapath.DefaultMaxEndpoints;

    /// <summary>Whether the fast path is loaded at all.</summary>
    public bool FastPath { get; init; } = true;

    /// <summary>Directions of flows that are remembered; the least used go. About 200 bytes each.</summary>
    public int MaxFlows { get; init; } = 65536;

    /// <summary>Frames inside Open vSwitch that are remembered; the oldest go.</summary>
    public int MaxPending { get; init; } = 16384;

    /// <summary>Logical switches and routers of the fabric whose traffic may be fast.</summary>
    public int MaxTunnels { get; init; } = 16384;
}
