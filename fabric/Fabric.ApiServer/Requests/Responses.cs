using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Microsoft.AspNetCore.Http;

namespace Fabric.ApiServer.Requests;

/// <summary>Writes answers.</summary>
internal static class Responses
{
    public static Task WriteJsonAsync(HttpContext context, int code, JsonNode body) => WriteAsync(context, code, JsonBody.Serialize(body));

    /// <remarks>Not flushed: what ends the answer then goes out with it, in one TLS record and one system call.</remarks>
    public static Task WriteAsync(HttpContext context, int code, ReadOnlyMemory<byte> body, string contentType = MediaType.Json)
    {
        var response = context.Response;
        response.StatusCode = code;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-cache, private";
        if (!HttpMethods.IsHead(context.Request.Method)) response.BodyWriter.Write(body.Span);
        return Task.CompletedTask;
    }

    public static Task WriteStatusAsync(HttpContext context, StatusException refusal)
    {
        if (refusal.RetryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString();
        if (refusal.Code == 401) context.Response.Headers.WWWAuthenticate = "Bearer";
        return WriteJsonAsync(context, refusal.Code, refusal.ToStatus());
    }

    /// <summary>Adds Warning headers, which kubectl shows: RFC 7234 §5.5, code 299.</summary>
    public static void AddWarnings(HttpContext context, IEnumerable<string> warnings)
    {
        foreach (var warning in warnings.Distinct(StringComparer.Ordinal).Take(20))
            context.Response.Headers.Append("Warning", $"299 - \"{Quotable(warning)}\"");
    }

    /// <summary>Header values are ASCII without control characters; quotes and backslashes are escaped.</summary>
    private static string Quotable(string text)
    {
        var quotable = new StringBuilder(text.Length);
        foreach (var letter in text.Length > 512 ? text[..512] : text)
        {
            if (letter is '"' or '\\') quotable.Append('\\');
            quotable.Append(letter is >= ' ' and <= '~' ? letter : '?');
        }

        return quotable.ToString();
    }
}
