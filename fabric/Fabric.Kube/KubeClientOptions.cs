using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Kube;

/// <summary>What a <see cref="KubeClient"/> may be told besides where the server is.</summary>
public sealed record KubeClientOptions
{
    /// <summary>Longest wait for the answer to one ordinary request; shorter than kube-apiserver's own 60 s, so that the client decides.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a read, or any request answered with 429, is sent in all.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long the server is asked to keep one watch open; the client opens the next one from where it ended.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Sent as <c>fieldManager</c> and <c>User-Agent</c>: who wrote a field, in <c>metadata.managedFields</c>.</summary>
    public string FieldManager { get; init; } = "fabric";

    /// <summary>Objects a list asks for at once.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>The clock of timeouts, waits and token re-reads.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Takes what is worth knowing and is not an error of a call: retries, broken watches.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
