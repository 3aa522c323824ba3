namespace Fabric.Primitives;

/// <summary>CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3) before anything is said about its host bits.</summary>
internal static class CidrText
{
    public const int MaxLength = 43;

    /// <returns>What is wrong, or null.</returns>
    public static string? Scan(ReadOnlySpan<char> text, out IpAddress address, out int length)
    {
        length = 0;
        var slash = text.IndexOf('/');
        if (slash < 0)
        {
            address = default;
            return text.IsEmpty ? "it is empty" : "it has no '/' and prefix length";
        }
        if (!IpAddress.TryParse(text[..slash], out address, out var problem))
            return problem;
        if (TextValue.TryParseDecimal(text[(slash + 1)..], address.BitLength, out length))
            return null;
        return address.IsV4
            ? "the prefix length is not a number from 0 to 32"
            : "the prefix length is not a number from 0 to 128";
    }

    /// <exception cref="ArgumentException">The address is unset or has no such prefix length.</exception>
    public static void Validate(IpAddress address, int length)
    {
        if (!address.IsValid)
            throw new ArgumentException("The address is unset.", nameof(address));
        if (length < 0 || length > address.BitLength)
            throw new ArgumentOutOfRangeException(
                nameof(length), length, $"The prefix length of '{address}' is from 0 to {address.BitLength}.");
    }
}
