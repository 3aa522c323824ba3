using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ovs.Ovsdb;

/// <summary>Which database a client speaks to and what it replicates.</summary>
public sealed record OvsdbClientOptions
{
    /// <summary>Where the server listens. Of several, the members of a cluster, the next is tried when one fails.</summary>
    public required IReadOnlyList<OvsdbEndpoint> Endpoints { get; init; }

    /// <summary>The database's name in the schema, as <c>OVN_Northbound</c>.</summary>
    public required string Database { get; init; }

    /// <summary>The tables to replicate; none makes a client that only transacts.</summary>
    public ImmutableArray<TableMonitor> Tables { get; init; } = [];

    /// <summary>The certificate and authority for <c>ssl:</c> endpoints.</summary>
    public OvsdbTls? Tls { get; init; }

    /// <summary>
    /// How long opening a connection and loading the replica may take. Long enough for 100,000 rows (some seconds), shorter than anybody's patience.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After this silence the server is asked for an echo, and after as much again the connection is given up. Open vSwitch's own default.
    /// </summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause before the first new attempt; it doubles up to <see cref="MaxBackoff"/> and varies by half around that.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause between attempts.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The largest message accepted, in bytes. A database of 100,000 rows loads as about 25 MB.</summary>
    public long MaxMessageBytes { get; init; } = 512L << 20;

    /// <summary>Measures intervals and pauses.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told of connections won and lost.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
