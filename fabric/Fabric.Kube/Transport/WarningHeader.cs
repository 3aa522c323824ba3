using System.Net.Http.Headers;
using System.Text;

namespace Fabric.Kube.Transport;

/// <summary>Reads <c>Warning: 299 - "text"</c>, by which the API tells people what is worth knowing of a granted request.</summary>
/// <remarks>RFC 7234 §5.5; the text is a quoted-string (RFC 7230 §3.2.6).</remarks>
internal static class WarningHeader
{
    private const string Miscellaneous = "299 ";

    public static IReadOnlyList<string> Read(HttpResponseHeaders headers) =>
        headers.NonValidated.TryGetValues("Warning", out var values)
            ? [.. values.Select(Text).OfType<string>().Distinct(StringComparer.Ordinal)]
            : [];

    /// <returns>Null for any other warning: those are about caches.</returns>
    internal static string? Text(string value)
    {
        var open = value.IndexOf('"', StringComparison.Ordinal);
        if (!value.StartsWith(Miscellaneous, StringComparison.Ordinal) || open < 0)
            return null;
        var text = new StringBuilder();
        for (var i = open + 1; i < value.Length && value[i] != '"'; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length)
                i++;
            text.Append(value[i]);
        }
        return text.ToString();
    }
}
