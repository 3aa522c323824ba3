using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Requests;

/// <summary>
/// The answer to a request that is not granted, as a <c>v1 Status</c>. It is thrown, where the rest of the product returns
/// refusals: whatever layer refuses, the request and what it wrote so far end there, and one place answers.
/// </summary>
/// <remarks>https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#response-status-kind</remarks>
internal sealed class StatusException(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    /// <summary>Seconds after which trying again makes sense; becomes the Retry-After header.</summary>
    public int? RetryAfterSeconds { get; init; }

    public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

    public static StatusException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static StatusException NotFoundPath() => new(404, "NotFound", "the server could not find the requested resource", new JsonObject());

    public static StatusException NotFound(ResourceDefinition definition, string name)
        => new(404, "NotFound", $"{definition.QualifiedName} \"{name}\" not found", Details(definition, name));

    public static StatusException AlreadyExists(ResourceDefinition definition, string name)
        => new(409, "AlreadyExists", $"{definition.QualifiedName} \"{name}\" already exists", Details(definition, name));

    public static StatusException Conflict(ResourceDefinition definition, string name, string why)
        => new(409, "Conflict", $"Operation cannot be fulfilled on {definition.QualifiedName} \"{name}\": {why}", Details(definition, name));

    public static StatusException Forbidden(ResourceDefinition definition, string name, string why)
        => new(403, "Forbidden", $"{definition.QualifiedName} \"{name}\" is forbidden: {why}", Details(definition, name));

    public static StatusException MethodNotAllowed()
        => new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());

    public static StatusException Expired(string message) => new(410, "Expired", message);

    public static StatusException TooLarge(long limit)
        => new(413, "RequestEntityTooLarge", $"Request entity too large: limit is {limit} bytes: send smaller objects, or fewer at once");

    public static StatusException UnsupportedMediaType(string message) => new(415, "UnsupportedMediaType", message);

    public static StatusException Internal(string message) => new(500, "InternalError", message);

    /// <summary>422, naming every field.</summary>
    public static StatusException Invalid(ResourceDefinition definition, string name, IReadOnlyList<FieldError> errors)
    {
        var text = errors.Count == 1 ? errors[0].ToString() : $"[{string.Join(", ", errors)}]";
        var details = Details(definition.Group, definition.Kind, name);
        details["causes"] = new JsonArray([.. errors.Select(Cause)]);
        return new StatusException(422, "Invalid", $"{definition.QualifiedKind} \"{name}\" is invalid: {text}", details);
    }

    /// <summary>The <c>Status</c> object.</summary>
    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = Reason,
        };
        if (details is not null) status["details"] = details.DeepClone();
        if (RetryAfterSeconds is { } seconds) status.EnsureObject("details")["retryAfterSeconds"] = seconds;
        status["code"] = Code;
        return status;
    }

    internal static JsonObject Details(ResourceDefinition definition, string name) => Details(definition.Group, definition.Plural, name);

    internal static JsonObject Details(string group, string kind, string name)
    {
        var details = new JsonObject { ["name"] = name };
        if (group.Length > 0) details["group"] = group;
        details["kind"] = kind;
        return details;
    }

    private static JsonNode Cause(FieldError error) => new JsonObject
    {
        ["reason"] = error.Reason,
        ["message"] = error.Message,
        ["field"] = error.Field,
    };
}
