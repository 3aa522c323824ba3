using System.Net;
using Fabric.ApiServer.Admission;
using Fabric.Telemetry.Collection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.ApiServer;

/// <summary>What an embedded API server needs to be told.</summary>
public sealed record ApiServerOptions
{
    /// <summary>Folder for the database, certificates, token hashes and kubeconfig files. Made with mode 0700; used by one server at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Addresses to listen on; port 0 takes a free one. At least one.</summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    /// <summary>Folders of CustomResourceDefinition files (apiextensions.k8s.io/v1; .yaml, .yml or .json) that are served beside the built-in kinds.</summary>
    public IReadOnlyList<string> CrdDirectories { get; init; } = [];

    /// <summary>Rules beyond the schemas, asked inside each write's transaction.</summary>
    public IReadOnlyList<IAdmission> Admissions { get; init; } = [];

    /// <summary>DNS names and addresses, beside those listened on and localhost, under which clients reach the server.</summary>
    public IReadOnlyList<string> ExtraNames { get; init; } = [];

    /// <summary>Changes kept in memory for each resource, from which watches can resume and lists can go on.</summary>
    public int HistoryPerResource { get; init; } = 10_000;

    /// <summary>What <c>/metrics</c> tells beside the server's own requests, asked each time.</summary>
    public Func<IReadOnlyList<MetricFamily>> Metrics { get; init; } = () => [];

    /// <summary>Where the server logs. Tokens and bodies are never logged.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock for timestamps, ages, timeouts and certificates.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
