using System.Net;
using Bpf.FastPath.Endpoints;
using Cni.Agent.Attaching;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cni.Agent;

/// <summary>What a node's agent needs to be told.</summary>
public sealed record AgentOptions
{
    /// <summary>The Node's name, which is also OVN's chassis name on it.</summary>
    public required string NodeName { get; init; }

    /// <summary>The kubeconfig file; null inside a cluster.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The switch's database: <c>unix:PATH</c>.</summary>
    public required string Ovs { get; init; }

    /// <summary>The unix socket on which the CNI plugin is served; made with mode 0600.</summary>
    public required string Socket { get; init; }

    /// <summary>Folder of the journal; made with mode 0700.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Where <c>/metrics</c> is served in Prometheus' text format: an address of loopback; null for nowhere.</summary>
    public IPEndPoint? Metrics { get; init; }

    /// <summary>How often those on whom the agent depends are asked how they are, for the Node's conditions.</summary>
    public TimeSpan HealthPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the node has a fast path, and how much it remembers.</summary>
    public DatapathOptions Datapath { get; init; } = new();

    /// <summary>Takes the logs.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Sees the steps of attachments; null for nobody.</summary>
    internal IStepObserver? Steps { get; init; }

    /// <summary>As many endpoints as the node can have.</summary>
    internal int MaxEndpoints { get; init; } = EndpointDatapath.DefaultMaxEndpoints;
}
