using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Grains.Runtime;

/// <summary>How a <see cref="GrainRuntime"/> keeps its grains.</summary>
public sealed record GrainRuntimeOptions
{
    /// <summary>A grain without a turn for so long is deactivated, which frees its memory.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Turns that may wait for one grain; further callers wait to put theirs in.</summary>
    public int MailboxLength { get; init; } = 256;

    /// <summary>How often a turn runs in all when its state is stale each time.</summary>
    public int TurnAttempts { get; init; } = 8;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Takes faults of turns that nobody waits for.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
