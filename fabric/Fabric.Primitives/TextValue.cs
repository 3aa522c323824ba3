using System.Buffers;
using System.Text;

namespace Fabric.Primitives;

/// <summary>What all <see cref="ITextValue{TSelf}"/> types do alike.</summary>
internal static class TextValue
{
    private const int LongestQuote = 80;

    public static T Parse<T>(ReadOnlySpan<char> text) where T : struct, ITextValue<T> =>
        T.TryParse(text, out var value, out var problem)
            ? value
            : throw new FormatException(Describe<T>(text, problem));

    public static string Describe<T>(ReadOnlySpan<char> text, string problem) where T : struct, ITextValue<T> =>
        Describe(Quote(text), T.Noun, problem);

    public static string Describe(string quoted, string noun, string problem) => $"'{quoted}' is not {noun}: {problem}.";

    /// <summary>The text as a message may carry it: outside input can be of any length.</summary>
    public static string Quote(ReadOnlySpan<char> text) =>
        text.Length <= LongestQuote ? text.ToString() : $"{text[..LongestQuote]}…";

    public static string ToString<T>(T value) where T : struct, ITextValue<T>
    {
        Span<char> buffer = stackalloc char[T.MaxTextLength];
        return value.TryFormat(buffer, out var written, default, null) ? new string(buffer[..written]) : "";
    }

    public static bool TryFormatUtf8<T>(T value, Span<byte> destination, out int bytesWritten)
        where T : struct, ITextValue<T>
    {
        Span<char> buffer = stackalloc char[T.MaxTextLength];
        bytesWritten = 0;
        return value.TryFormat(buffer, out var written, default, null)
            && written <= destination.Length
            && Ascii.FromUtf16(buffer[..written], destination, out bytesWritten) == OperationStatus.Done;
    }

    /// <summary>
    /// Two values around a separator. The generic calls do not box, which interpolation does until the JIT optimizes it.
    /// </summary>
    public static bool TryJoin<TLeft, TRight>(
        Span<char> destination, TLeft left, char separator, TRight right, out int charsWritten)
        where TLeft : ISpanFormattable
        where TRight : ISpanFormattable
    {
        charsWritten = 0;
        if (!left.TryFormat(destination, out var leftLength, default, null) || leftLength == destination.Length)
            return false;
        destination[leftLength] = separator;
        if (!right.TryFormat(destination[(leftLength + 1)..], out var rightLength, default, null))
            return false;
        charsWritten = leftLength + 1 + rightLength;
        return true;
    }

    public static char HexDigit(int value) => "0123456789abcdef"[value];

    /// <summary>The value of an ASCII hexadecimal digit of either case.</summary>
    public static int HexValue(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    public static bool IsDecimal(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
        }
        return !text.IsEmpty;
    }

    /// <summary>A decimal number as configuration is expected to write it: digits only, no leading zero.</summary>
    public static bool TryParseDecimal(ReadOnlySpan<char> text, int max, out int value)
    {
        value = 0;
        if (!IsDecimal(text) || (text.Length > 1 && text[0] == '0'))
            return false;
        foreach (var c in text)
        {
            value = (value * 10) + (c - '0');
            if (value > max)
                return false;
        }
        return true;
    }
}
