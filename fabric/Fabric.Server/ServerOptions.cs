using System.Net;
using Fabric.Server.Sharing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Server;

/// <summary>What the control plane needs to be told.</summary>
public sealed record ServerOptions
{
    /// <summary>
    /// An existing Kubernetes API to work on; null to serve the embedded one from <see cref="DataDirectory"/>.
    /// </summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Folder of the embedded API server: database, keys, kubeconfig files. Made with mode 0700.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Where the embedded API server listens.</summary>
    public IReadOnlyList<IPEndPoint> Listen { get; init; } = [];

    /// <summary>Names and addresses beside those listened on under which clients reach the embedded API server.</summary>
    public IReadOnlyList<string> ExtraNames { get; init; } = [];

    /// <summary>Folders of CustomResourceDefinitions that the embedded API server serves beside Fabric's own kinds.</summary>
    public IReadOnlyList<string> CrdDirectories { get; init; } = [];

    /// <summary>OVN's northbound database: <c>unix:PATH</c>, <c>tcp:HOST:PORT</c> or <c>ssl:HOST:PORT</c>.</summary>
    public required string OvnNorthbound { get; init; }

    /// <summary>
    /// The name of this replica among all that share the work on one API; null for the host's name, with the process id unless the API
    /// is embedded. A replica that is started again under its name need not wait for its own lease.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>The namespace of the replicas' leases.</summary>
    public string LeaseNamespace { get; init; } = "kube-system";

    /// <summary>How long after its last sign of life a replica's work is taken over, in whole seconds.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Takes the logs.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What keeps <paramref name="identity"/> from being an <see cref="Identity"/>, or null.</summary>
    public static string? CheckIdentity(string identity) => ReplicaIdentity.Check(identity);
}
