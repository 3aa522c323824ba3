using Fabric.Primitives;

namespace Fabric.Realization;

/// <summary>
/// Values of DHCP options as OVN reads them: addresses and numbers stand bare, several addresses in braces, text in double
/// quotes.
/// </summary>
internal static class DhcpExpression
{
    internal static string Addresses(IReadOnlyList<IpAddress> addresses) =>
        addresses.Count == 1 ? addresses[0].ToString() : $"{{{string.Join(", ", addresses)}}}";

    internal static string Text(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
