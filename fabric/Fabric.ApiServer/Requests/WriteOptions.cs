using Microsoft.AspNetCore.Http;

namespace Fabric.ApiServer.Requests;

/// <summary>What to do about fields that the schema does not know.</summary>
internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}

/// <summary>The query parameters of writes.</summary>
/// <param name="FieldManager">Who is to own the fields; from the query, else from the User-Agent.</param>
/// <param name="Force">Take fields over from other managers in an apply.</param>
internal sealed record WriteOptions(bool DryRun, FieldValidation Validation, string FieldManager, bool Force)
{
    /// <exception cref="StatusException">400: a value that is not one of those allowed.</exception>
    public static WriteOptions Of(HttpRequest request)
    {
        var query = request.Query;
        var manager = query["fieldManager"].ToString();
        if (manager.Length > 128) throw StatusException.BadRequest("fieldManager: may not be more than 128 bytes");
        return new WriteOptions(
            IsDryRun(query["dryRun"].ToString()),
            query["fieldValidation"].ToString() switch
            {
                "" or "Warn" => FieldValidation.Warn,
                "Ignore" => FieldValidation.Ignore,
                "Strict" => FieldValidation.Strict,
                var other => throw StatusException.BadRequest($"fieldValidation: Unsupported value: \"{other}\": supported values: \"Ignore\", \"Strict\", \"Warn\""),
            },
            manager.Length > 0 ? manager : request.Headers.UserAgent.ToString().Split('/')[0] is { Length: > 0 } agent ? agent[..Math.Min(agent.Length, 128)] : "unknown",
            query["force"].ToString() is "true" or "1");
    }

    /// <exception cref="StatusException">400: not <c>All</c>.</exception>
    public static bool IsDryRun(string value) => value switch
    {
        "" => false,
        "All" => true,
        _ => throw StatusException.BadRequest($"dryRun: Unsupported value: \"{value}\": supported values: \"All\""),
    };
}
