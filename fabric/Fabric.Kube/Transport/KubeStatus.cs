using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Fabric.Kube.Transport;

/// <summary>Turns an answer that is not a success, and ERROR events of a watch, into a <see cref="KubeException"/>.</summary>
internal static class KubeStatus
{
    /// <summary>Longer texts are proxies' HTML pages, not the API's messages.</summary>
    private const int LongestPlainText = 512;

    public static async Task<KubeException> ReadAsync(string operation, HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            text = await response.Content.ReadAsStringAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            text = "";
        }
        var retryAfter = After(response.Headers.RetryAfter, time);
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("reason", out _))
                return FromStatus(operation, response.StatusCode, root, retryAfter);
        }
        catch (JsonException)
        {
            // Not a Status object: a proxy or a server that is starting; its text is used as it is.
        }
        var plain = text.Trim();
        return new KubeException(
            operation,
            response.StatusCode,
            response.StatusCode.ToString(),
            plain.Length is > 0 and <= LongestPlainText ? $"{(int)response.StatusCode}: {plain}" : $"the server answered {(int)response.StatusCode} {response.ReasonPhrase}")
        {
            RetryAfter = retryAfter,
        };
    }

    /// <summary>Reads a <c>Status</c> object (meta/v1).</summary>
    public static KubeException FromStatus(string operation, HttpStatusCode? code, JsonElement status, TimeSpan? retryAfter = null)
    {
        if (status.TryGetProperty("code", out var number) && number.TryGetInt32(out var value))
            code = (HttpStatusCode)value;
        var causes = new List<StatusCause>();
        if (status.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Object)
        {
            if (details.TryGetProperty("causes", out var list) && list.ValueKind == JsonValueKind.Array)
                causes.AddRange(list.EnumerateArray().Select(c => new StatusCause(Text(c, "reason") ?? "", Text(c, "message") ?? "", Text(c, "field"))));
            if (retryAfter is null && details.TryGetProperty("retryAfterSeconds", out var seconds) && seconds.TryGetInt32(out var wait) && wait > 0)
                retryAfter = TimeSpan.FromSeconds(wait);
        }
        var reason = Text(status, "reason");
        return new KubeException(
            operation,
            code,
            string.IsNullOrEmpty(reason) ? code?.ToString() ?? "Unknown" : reason,
            Text(status, "message") ?? $"the server answered {(int?)code}")
        {
            Causes = causes,
            RetryAfter = retryAfter,
        };
    }

    private static TimeSpan? After(RetryConditionHeaderValue? header, TimeProvider time) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
