using System.Buffers;

namespace Fabric.Primitives;

/// <summary>
/// The text of a Kubernetes quantity of whole units: digits with or without a decimal point, then a decimal suffix (n, u,
/// m, k, M, G, T, P, E), a binary suffix (Ki to Ei), an exponent ("e6", "E-1") or nothing. A fraction of a unit is refused
/// and not rounded.
/// </summary>
/// <remarks>
/// The canonical text is the shortest exact one with a decimal suffix if 1,000 divides the value, else with a binary suffix
/// if 1,024 does, else plain digits.
/// </remarks>
internal static class Quantity
{
    /// <summary>Length in characters of the longest canonical text.</summary>
    public const int MaxTextLength = 19;

    private const string NotAQuantity =
        "it is not a number with an optional suffix (k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei) or exponent";

    private const string TooPrecise = "it has more than 19 significant digits";

    private static readonly string[] DecimalSuffixes = ["k", "M", "G", "T", "P", "E"];
    private static readonly string[] BinarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Reads a quantity of 0 to 2^63-1 units.</summary>
    /// <param name="text">The text to read.</param>
    /// <param name="unit">What is counted, for messages: "bit/s".</param>
    /// <param name="value">The number of units, or 0.</param>
    /// <returns>Null, or what is wrong as a clause.</returns>
    public static string? Scan(ReadOnlySpan<char> text, string unit, out long value)
    {
        value = 0;
        if (text.IsEmpty)
            return "it is empty";
        if (text[0] == '-')
            return "it is negative";
        if (text[0] == '+')
            text = text[1..];

        var numberLength = text.IndexOfAnyExcept(NumberCharacters);
        var number = numberLength < 0 ? text : text[..numberLength];
        if (!TryScanSuffix(text[number.Length..], out var powerOf10, out var powerOf2))
            return NotAQuantity;
        if (ScanNumber(number, out var significand, out var numberPowerOf10) is { } problem)
            return problem;
        return Scale(significand, powerOf10 + numberPowerOf10, powerOf2, unit, out value);
    }

    /// <summary>The digits as significand × 10^power, where the significand has no trailing zeros.</summary>
    private static string? ScanNumber(ReadOnlySpan<char> number, out ulong significand, out int powerOf10)
    {
        significand = 0;
        powerOf10 = 0;
        var point = number.IndexOf('.');
        var fraction = point < 0 ? [] : number[(point + 1)..];
        if (fraction.Contains('.') || number.Length == (point < 0 ? 0 : 1))
            return NotAQuantity;

        // Zeros are held back until a digit follows, so that neither "1" and 30 zeros nor "1.000…0" overflows.
        var pendingZeros = 0;
        foreach (var c in number)
        {
            if (c == '.')
                continue;
            if (c == '0')
            {
                pendingZeros++;
                continue;
            }
            if (significand == 0)
                pendingZeros = 0;
            for (; pendingZeros >= 0; pendingZeros--)
            {
                if (significand >= 1_000_000_000_000_000_000)
                    return TooPrecise;
                significand *= 10;
            }
            significand += (uint)(c - '0');
            pendingZeros = 0;
        }
        powerOf10 = pendingZeros - fraction.Length;
        return null;
    }

    private static string? Scale(ulong significand, int powerOf10, int powerOf2, string unit, out long result)
    {
        result = 0;
        if (significand == 0)
            return null;

        // At most 64 + 60 bits, which leaves one multiplication by 10 before each test.
        var value = (UInt128)significand << powerOf2;
        for (; powerOf10 < 0; powerOf10++)
        {
            if (value % 10 != 0)
                return $"it is not a whole number of {unit}";
            value /= 10;
        }
        for (; powerOf10 > 0 && value <= long.MaxValue; powerOf10--)
            value *= 10;
        if (value > long.MaxValue)
            return $"it is larger than 2^63-1 {unit}";
        result = (long)value;
        return null;
    }

    private static bool TryScanSuffix(ReadOnlySpan<char> suffix, out int powerOf10, out int powerOf2)
    {
        (powerOf10, powerOf2) = suffix switch
        {
            "n" => (-9, 0),
            "u" => (-6, 0),
            "m" => (-3, 0),
            "" => (0, 0),
            "k" => (3, 0),
            "M" => (6, 0),
            "G" => (9, 0),
            "T" => (12, 0),
            "P" => (15, 0),
            "E" => (18, 0),
            "Ki" => (0, 10),
            "Mi" => (0, 20),
            "Gi" => (0, 30),
            "Ti" => (0, 40),
            "Pi" => (0, 50),
            "Ei" => (0, 60),
            _ => (0, -1),
        };
        return powerOf2 >= 0 || TryScanExponent(suffix, out powerOf10, out powerOf2);
    }

    private static bool TryScanExponent(ReadOnlySpan<char> suffix, out int powerOf10, out int powerOf2)
    {
        (powerOf10, powerOf2) = (0, 0);
        if (suffix[0] is not ('e' or 'E'))
            return false;
        var digits = suffix[1..];
        var negative = digits.StartsWith('-');
        if (negative || digits.StartsWith('+'))
            digits = digits[1..];
        if (!TextValue.IsDecimal(digits))
            return false;
        // Beyond any representable rate a larger exponent makes no difference.
        foreach (var digit in digits)
            powerOf10 = Math.Min((powerOf10 * 10) + (digit - '0'), 1000);
        if (negative)
            powerOf10 = -powerOf10;
        return true;
    }

    /// <summary>Writes the canonical text.</summary>
    public static bool TryFormat(long value, Span<char> destination, out int charsWritten)
    {
        var suffix = "";
        var (unit, suffixes) = value % 1000 == 0 ? (1000, DecimalSuffixes) : (1024, BinarySuffixes);
        for (var power = 0; value != 0 && value % unit == 0; power++)
        {
            value /= unit;
            suffix = suffixes[power];
        }

        charsWritten = 0;
        if (!value.TryFormat(destination, out var digits) || !suffix.TryCopyTo(destination[digits..]))
            return false;
        charsWritten = digits + suffix.Length;
        return true;
    }
}
