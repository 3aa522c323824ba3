using Fabric.Kube.Transport;

namespace Fabric.Kube.Queues;

/// <summary>How a <see cref="WorkQueue{TKey}"/> works.</summary>
public sealed record WorkQueueOptions
{
    /// <summary>Keys worked on at the same time.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>The wait before a key that failed is tried again; it grows with its failures in a row.</summary>
    public Backoff Retry { get; init; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));

    /// <summary>The clock of the waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
