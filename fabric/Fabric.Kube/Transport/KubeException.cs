using System.Net;

namespace Fabric.Kube.Transport;

/// <summary>The Kubernetes API refused a request, failed at it, or did not answer.</summary>
public sealed class KubeException : Exception
{
    internal KubeException(string operation, HttpStatusCode? code, string reason, string detail, Exception? innerException = null)
        : base($"{operation}: {detail}", innerException)
    {
        Operation = operation;
        Code = code;
        Reason = reason;
        Detail = detail;
    }

    /// <summary>Method and path of the request, for example <c>POST /api/v1/namespaces/a/pods</c>.</summary>
    public string Operation { get; }

    /// <summary>The HTTP status, or null when no answer came (connection refused, timeout, broken answer).</summary>
    public HttpStatusCode? Code { get; }

    /// <summary>
    /// The server's machine word (<c>NotFound</c>, <c>AlreadyExists</c>, <c>Conflict</c>, <c>Invalid</c>, <c>Forbidden</c>, <c>Expired</c>, ...),
    /// or <c>Unreachable</c>, <c>Timeout</c> and <c>BrokenAnswer</c> where there was none.
    /// </summary>
    public string Reason { get; }

    /// <summary>The server's message for people, without the operation.</summary>
    public string Detail { get; }

    /// <summary>What was wrong with which field; empty where the server named none.</summary>
    public IReadOnlyList<StatusCause> Causes { get; internal init; } = [];

    /// <summary>How long the server asks to wait before another try, or null.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>The same request may succeed later without anybody changing anything. A write may have taken place when <see cref="Code"/> is null.</summary>
    public bool IsTransient => Code is null
        or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway
        or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>The object, or the resource type itself, is not there.</summary>
    public bool IsNotFound => Code is HttpStatusCode.NotFound;

    /// <summary>A create met an object of the same name.</summary>
    public bool IsAlreadyExists => Code is HttpStatusCode.Conflict && Reason == "AlreadyExists";

    /// <summary>A write was based on an old resourceVersion, a precondition failed, or another field manager owns a field.</summary>
    public bool IsConflict => Code is HttpStatusCode.Conflict && Reason != "AlreadyExists";

    /// <summary>A watch or a list asked for a resourceVersion that the server no longer has (HTTP 410).</summary>
    public bool IsGone => Code is HttpStatusCode.Gone;

    /// <summary>A watch or a list asked for a resourceVersion that the server has not come to yet, as one that was restored from an older copy.</summary>
    public bool IsAhead => Causes.Any(cause => cause.Reason == "ResourceVersionTooLarge");

    /// <summary>The object was refused by validation; see <see cref="Causes"/>.</summary>
    public bool IsInvalid => Code is HttpStatusCode.UnprocessableEntity;
}
