using Cni.Protocol;

namespace Cni.Agent.Observing;

/// <summary>A request that was not granted.</summary>
public sealed record RequestError
{
    /// <summary>When it was answered.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Such as <c>ADD</c>.</summary>
    public required string Command { get; init; }

    /// <summary>The container, as the runtime calls it.</summary>
    public required string Container { get; init; }

    /// <summary>The device in it.</summary>
    public required string Interface { get; init; }

    /// <summary>Namespace and name of the pod, where the runtime says it.</summary>
    public string? Pod { get; init; }

    /// <summary>The code of the specification.</summary>
    public required int Code { get; init; }

    /// <summary>What the runtime was told.</summary>
    public string? Message { get; init; }

    /// <summary>What it was told to do about it.</summary>
    public string? Details { get; init; }

    internal static RequestError Of(CniRequest request, RequestOutcome outcome, DateTimeOffset now) => new()
    {
        At = now,
        Command = request.Command,
        Container = request.ContainerId,
        Interface = request.Ifname,
        Pod = PodOf(request),
        Code = outcome.Code,
        Message = outcome.Message,
        Details = outcome.Details,
    };

    internal static string? PodOf(CniRequest request) =>
        request.Argument("K8S_POD_NAME") is { Length: > 0 } name ? $"{request.Argument("K8S_POD_NAMESPACE")}/{name}" : null;
}

/// <summary>The last requests that were not granted; older ones are in the log.</summary>
internal sealed class RecentErrors
{
    private const int Kept = 20;

    private readonly Lock _lock = new();
    private readonly Queue<RequestError> _errors = new(Kept);

    internal void Add(RequestError error)
    {
        lock (_lock)
        {
            if (_errors.Count == Kept)
            {
                _errors.Dequeue();
            }

            _errors.Enqueue(error);
        }
    }

    /// <summary>The newest first.</summary>
    internal IReadOnlyList<RequestError> Read()
    {
        lock (_lock)
        {
            return [.. _errors.Reverse()];
        }
    }
}
