using Bpf.FastPath.Flows;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Ovs.Ovsdb;

namespace Cni.Datapath;

/// <summary>What the fast path of a node needs to be told beyond what the switch's database says.</summary>
public sealed record FastPathOptions
{
    /// <summary>The chassis, which is the node's name.</summary>
    public required string Chassis { get; init; }

    /// <summary>The folder of ovs-vswitchd's control socket: that of the database's socket.</summary>
    public required string SwitchFolder { get; init; }

    /// <summary>The southbound database; null takes the one that ovn-controller uses (<c>ovn-remote</c>).</summary>
    public IReadOnlyList<OvsdbEndpoint>? Southbound { get; init; }

    /// <summary>How long what was learned is believed.</summary>
    public FastPathAges Ages { get; init; } = new();

    /// <summary>Takes the logs.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
