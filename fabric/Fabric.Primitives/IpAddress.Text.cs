using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Fabric.Primitives;

public readonly partial record struct IpAddress
{
    private const int Groups = 8;
    private const string MappedText = "::ffff:";

    /// <inheritdoc/>
    public static string Noun => "an IP address";

    /// <inheritdoc/>
    public static int MaxTextLength => 39;

    /// <summary>
    /// Reads dotted decimal IPv4 or any text form of IPv6 (RFC 4291 §2.2). IPv4 octets have no leading zero, because
    /// some readers take them as octal (RFC 6943 §3.1.1); zone ids, ports and brackets are refused.
    /// </summary>
    /// <exception cref="FormatException">The text is no address; the message tells why.</exception>
    public static IpAddress Parse(ReadOnlySpan<char> text) => TextValue.Parse<IpAddress>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress value) => TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out IpAddress value, [NotNullWhen(false)] out string? problem)
    {
        if (text.IsEmpty)
        {
            value = default;
            problem = "it is empty";
            return false;
        }
        if (text.Contains(':'))
        {
            problem = ScanV6(text, out var bits);
            value = problem is null ? FromV6(bits) : default;
        }
        else
        {
            problem = ScanV4(text, out var bits);
            value = problem is null ? FromV4(bits) : default;
        }
        return problem is null;
    }

    /// <summary>RFC 5952 for IPv6, with the mixed notation of its §5 only for IPv4-mapped addresses.</summary>
    public override string ToString() => TextValue.ToString(this);

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<char> buffer = stackalloc char[MaxTextLength];
        var length = Family switch
        {
            IpFamily.V4 => FormatV4((uint)_low, buffer),
            IpFamily.V6 => FormatV6(buffer),
            _ => 0,
        };
        var fits = buffer[..length].TryCopyTo(destination);
        charsWritten = fits ? length : 0;
        return fits;
    }

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    private static string? ScanV4(ReadOnlySpan<char> text, out uint bits)
    {
        bits = 0;
        var octets = 0;
        while (true)
        {
            var dot = text.IndexOf('.');
            var octet = dot < 0 ? text : text[..dot];
            if (octet.IsEmpty)
                return "an octet is missing";
            if (!TextValue.IsDecimal(octet))
                return "it is neither four decimal octets nor has it a colon";
            if (octet.Length > 1 && octet[0] == '0')
                return "an octet has a leading zero";
            if (!TextValue.TryParseDecimal(octet, byte.MaxValue, out var value))
                return "an octet is larger than 255";
            if (++octets > 4)
                return "it has more than four octets";
            bits = (bits << 8) | (uint)value;
            if (dot < 0)
                return octets == 4 ? null : "it has fewer than four octets";
            text = text[(dot + 1)..];
        }
    }

    private static string? ScanV6(ReadOnlySpan<char> text, out UInt128 bits)
    {
        bits = 0;
        if (text.Contains('%'))
            return "it has a zone id";
        if (text.ContainsAny('[', ']'))
            return "it is in brackets";

        // One "::" splits the text; each side is then plain groups, the dotted tail only at the very end.
        var gap = text.IndexOf("::");
        if (gap < 0)
        {
            var problem = ScanGroups(text, dottedTail: true, out bits, out var count);
            return problem ?? (count == Groups ? null : "it has fewer than eight groups and no '::'");
        }

        var left = text[..gap];
        var right = text[(gap + 2)..];
        if (right.IndexOf("::") >= 0)
            return "it has '::' more than once";
        if (ScanGroups(left, dottedTail: false, out var high, out var before) is { } leftProblem)
            return leftProblem;
        if (ScanGroups(right, dottedTail: true, out var low, out var after) is { } rightProblem)
            return rightProblem;
        if (before + after >= Groups)
            return "its '::' stands for no group";
        bits = before == 0 ? low : (high << (16 * (Groups - before))) | low;
        return null;
    }

    private static string? ScanGroups(ReadOnlySpan<char> text, bool dottedTail, out UInt128 bits, out int count)
    {
        bits = 0;
        count = 0;
        if (text.IsEmpty)
            return null;
        while (true)
        {
            var colon = text.IndexOf(':');
            var group = colon < 0 ? text : text[..colon];
            if (group.IsEmpty)
                return "a group is empty";
            var value = 0u;
            if (colon < 0 && dottedTail && group.Contains('.'))
            {
                if (ScanV4(group, out var v4) is { } problem)
                    return problem;
                bits = (bits << 32) | v4;
                count += 2;
            }
            else if (group.Length > 4)
            {
                return "a group has more than four digits";
            }
            else
            {
                foreach (var digit in group)
                {
                    if (!char.IsAsciiHexDigit(digit))
                        return "a group is not hexadecimal";
                    value = (value << 4) | (uint)TextValue.HexValue(digit);
                }
                bits = (bits << 16) | value;
                count++;
            }
            if (count > Groups)
                return "it has more than eight groups";
            if (colon < 0)
                return null;
            text = text[(colon + 1)..];
        }
    }

    private static int FormatV4(uint bits, Span<char> buffer)
    {
        var length = 0;
        for (var shift = 24; shift >= 0; shift -= 8)
        {
            if (shift < 24)
                buffer[length++] = '.';
            ((byte)(bits >> shift)).TryFormat(buffer[length..], out var digits);
            length += digits;
        }
        return length;
    }

    private int FormatV6(Span<char> buffer)
    {
        if (IsV4Mapped)
        {
            MappedText.CopyTo(buffer);
            return MappedText.Length + FormatV4((uint)_low, buffer[MappedText.Length..]);
        }

        var (gapStart, gapLength) = LongestZeroRun();
        var length = 0;
        for (var i = 0; i < Groups; i++)
        {
            if (i == gapStart)
            {
                buffer[length++] = ':';
                buffer[length++] = ':';
                i += gapLength - 1;
                continue;
            }
            if (i > 0 && i != gapStart + gapLength)
                buffer[length++] = ':';
            var group = Group(i);
            for (var shift = group == 0 ? 0 : BitOperations.Log2(group) & ~3; shift >= 0; shift -= 4)
                buffer[length++] = TextValue.HexDigit((group >> shift) & 0xf);
        }
        return length;
    }

    /// <summary>The first of the longest runs of two or more zero groups (RFC 5952 §4.2), or a start of -1.</summary>
    private (int Start, int Length) LongestZeroRun()
    {
        var (bestStart, bestLength) = (-1, 1);
        for (var i = 0; i < Groups; i++)
        {
            var start = i;
            while (i < Groups && Group(i) == 0)
                i++;
            if (i - start > bestLength)
                (bestStart, bestLength) = (start, i - start);
        }
        return (bestStart, bestLength);
    }

    private ushort Group(int index) => (ushort)((index < 4 ? _high : _low) >> (16 * (3 - (index & 3))));
}
