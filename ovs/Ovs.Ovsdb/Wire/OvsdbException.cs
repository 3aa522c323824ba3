namespace Ovs.Ovsdb;

/// <summary>A fault of the database or of the way to it.</summary>
public sealed class OvsdbException : Exception
{
    /// <summary>The <see cref="Error"/> of a fault of the connection rather than of a request.</summary>
    public const string Disconnected = "disconnected";

    /// <summary>The <see cref="Error"/> of an answer that does not follow the protocol.</summary>
    public const string ProtocolError = "protocol error";

    private OvsdbException(string message, string error, Exception? cause)
        : base(message, cause) => Error = error;

    /// <summary>
    /// The database's own word (RFC 7047 §3.1 and §5.2), as <c>constraint violation</c>, <c>referential integrity violation</c>,
    /// <c>timed out</c>; or <see cref="Disconnected"/> or <see cref="ProtocolError"/>.
    /// </summary>
    public string Error { get; }

    /// <summary>The database's explanation for people, or null.</summary>
    public string? Details { get; private init; }

    /// <summary>The JSON-RPC method, as <c>transact</c>; null when no request was concerned.</summary>
    public string? Method { get; private init; }

    /// <summary>Which operation of the transaction failed, from 0; null when the whole failed at commit, or for other requests.</summary>
    public int? OperationIndex { get; private init; }

    /// <summary>The operation that failed, or null.</summary>
    public Operation? Operation { get; private init; }

    /// <summary>
    /// Whether the request may have been carried out although no answer came: the connection broke after it was sent.
    /// </summary>
    public bool OutcomeUnknown { get; private init; }

    /// <summary>Whether the same request may succeed later without anybody changing it.</summary>
    public bool IsTransient => Error is Disconnected or "timed out" or "resources exhausted" or "I/O error" or "canceled" or "not leader";

    internal static OvsdbException ConnectionLost(string doing, Exception? cause, bool outcomeUnknown = false, string? method = null) =>
        new(cause is null ? doing : $"{doing}: {cause.Message}", Disconnected, cause) { OutcomeUnknown = outcomeUnknown, Method = method };

    internal static OvsdbException Protocol(string message, Exception? cause = null) => new(message, ProtocolError, cause);

    internal static OvsdbException Refused(string method, string error, string? details) =>
        new($"OVSDB {method}: {error}{Suffix(details)}", error, null) { Method = method, Details = details };

    internal static OvsdbException OperationFailed(IReadOnlyList<Operation> operations, int index, string error, string? details)
    {
        var operation = index < operations.Count ? operations[index] : null;
        var where = operation is null ? "at commit" : $"operation {index} ({Abbreviate(operation.ToJson())})";
        return new($"OVSDB transaction, {where}: {error}{Suffix(details)}", error, null)
        {
            Method = "transact",
            Details = details,
            Operation = operation,
            OperationIndex = operation is null ? null : index,
        };
    }

    private static string Suffix(string? details) => details is null ? "" : $": {details}";

    private static string Abbreviate(string json) => json.Length <= 300 ? json : $"{json.AsSpan(0, 300)}...";
}
