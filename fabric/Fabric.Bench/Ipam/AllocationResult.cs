using Fabric.Bench.Load;
using Fabric.Bench.Metrics;

namespace Fabric.Bench.Ipam;

/// <summary>What one repetition of allocations came to.</summary>
internal sealed record AllocationResult
{
    /// <summary>From the request that makes the Nic until a watch has seen its address and MAC.</summary>
    public required LoadResult Load { get; init; }

    /// <summary>From the first request until all ports are in OVN's northbound database.</summary>
    public required TimeSpan UntilReady { get; init; }

    /// <summary>Processor time of the server meanwhile.</summary>
    public required TimeSpan ServerCpu { get; init; }

    /// <summary>Processor time of ovsdb-server meanwhile.</summary>
    public required TimeSpan NorthboundCpu { get; init; }

    /// <summary>Processor time of the benchmark itself meanwhile.</summary>
    public required TimeSpan ClientCpu { get; init; }

    /// <summary>Transactions committed to the northbound database meanwhile.</summary>
    public required long Transactions { get; init; }

    /// <summary>What the API server answered meanwhile, to the clients and to the control plane itself.</summary>
    public required RequestCounts Requests { get; init; }

    internal int Count => Load.Milliseconds.Count;

    internal double ReadyPerSecond => Count / UntilReady.TotalSeconds;
}
