using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fabric.ApiServer.Schema;

/// <summary>The <c>format</c>s of text that are enforced; Kubernetes ignores any other too.</summary>
internal static class Formats
{
    public static bool IsValid(string format, string text) => format switch
    {
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out _) && text.Contains('T'),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "ipv4" => IPAddress.TryParse(text, out var v4) && v4.AddressFamily == AddressFamily.InterNetwork && text.Count(c => c == '.') == 3,
        "ipv6" => IPAddress.TryParse(text, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 && !text.Contains('%'),
        "cidr" => IsCidr(text),
        "mac" => IsMac(text),
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "byte" => Convert.TryFromBase64String(text, new byte[text.Length], out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        _ => true,
    };

    /// <summary>An address and a length; host bits are allowed, as Go's ParseCIDR does.</summary>
    private static bool IsCidr(string text)
    {
        var slash = text.IndexOf('/');
        return slash > 0
            && IPAddress.TryParse(text[..slash], out var address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 || text[..slash].Count(c => c == '.') == 3)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    private static bool IsMac(string text)
        => text.Length == 17 && text.Where((_, i) => i % 3 != 2).All(char.IsAsciiHexDigit) && text.Where((_, i) => i % 3 == 2).All(c => c is ':' or '-');
}
