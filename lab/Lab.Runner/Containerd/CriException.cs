namespace Lab.Runner.Containerd;

/// <summary>A call to the container runtime failed.</summary>
public sealed class CriException : Exception
{
    /// <summary>Describes one failed call.</summary>
    /// <param name="method">The call, e.g. <c>RunPodSandbox</c>.</param>
    /// <param name="code">How it failed.</param>
    /// <param name="detail">The runtime's own words; for a failed sandbox they hold what the CNI plugin said.</param>
    /// <param name="inner">The fault beneath, if the call did not reach the runtime.</param>
    public CriException(string method, CriStatus code, string detail, Exception? inner = null)
        : base($"{method}: {code}: {detail}", inner)
    {
        Method = method;
        Code = code;
        Detail = detail;
    }

    /// <summary>The call that failed.</summary>
    public string Method { get; }

    /// <summary>How it failed.</summary>
    public CriStatus Code { get; }

    /// <summary>The runtime's own words.</summary>
    public string Detail { get; }

    /// <summary>Whether the same call may succeed later: the runtime was not reached, was busy, or took too long.</summary>
    public bool IsTransient => Code is CriStatus.Unavailable or CriStatus.DeadlineExceeded or CriStatus.Aborted or CriStatus.ResourceExhausted;
}

/// <summary>gRPC's status codes (google.rpc.Code) as the container runtime uses them.</summary>
public enum CriStatus
{
    /// <summary>Success; never in an exception.</summary>
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>What containerd answers to most failures, also those of CNI and runc.</summary>
    Unknown = 2,

    /// <summary>A field of the request is wrong.</summary>
    InvalidArgument = 3,

    /// <summary>No answer in time; the work may still be done.</summary>
    DeadlineExceeded = 4,

    /// <summary>No such sandbox, container or image.</summary>
    NotFound = 5,

    /// <summary>A sandbox or container of that name is there.</summary>
    AlreadyExists = 6,

    /// <summary>Not allowed.</summary>
    PermissionDenied = 7,

    /// <summary>Out of something, or a message too large.</summary>
    ResourceExhausted = 8,

    /// <summary>Not in a state that allows the call, e.g. exec in a container that has ended.</summary>
    FailedPrecondition = 9,

    /// <summary>Given up because of something concurrent.</summary>
    Aborted = 10,

    /// <summary>A value outside its range.</summary>
    OutOfRange = 11,

    /// <summary>The runtime does not know the call.</summary>
    Unimplemented = 12,

    /// <summary>A broken answer.</summary>
    Internal = 13,

    /// <summary>The runtime cannot be reached.</summary>
    Unavailable = 14,

    /// <summary>Data lost.</summary>
    DataLoss = 15,

    /// <summary>No credentials.</summary>
    Unauthenticated = 16,
}
