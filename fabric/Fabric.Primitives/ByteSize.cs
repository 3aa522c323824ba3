using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// A number of bytes, written as a Kubernetes quantity: "256Ki" is 262,144 bytes, "1M" is 1,000,000.
/// <c>default</c> is zero. In JSON a string; a number is also read, as in any Kubernetes quantity.
/// </summary>
[JsonConverter(typeof(QuantityJsonConverter<ByteSize>))]
public readonly record struct ByteSize
    : ITextValue<ByteSize>, IComparable<ByteSize>, IComparisonOperators<ByteSize, ByteSize, bool>
{
    private const string Unit = "bytes";

    private ByteSize(long bytes) => Bytes = bytes;

    /// <summary>The number of bytes, never negative.</summary>
    public long Bytes { get; }

    /// <summary>So many bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public static ByteSize FromBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new ByteSize(bytes);
    }

    /// <inheritdoc/>
    public static string Noun => "a number of bytes";

    /// <inheritdoc/>
    public static int MaxTextLength => Quantity.MaxTextLength;

    /// <summary>Reads a Kubernetes quantity; a fraction is refused and not rounded.</summary>
    /// <exception cref="FormatException">The text is no quantity; the message tells why.</exception>
    public static ByteSize Parse(ReadOnlySpan<char> text) => TextValue.Parse<ByteSize>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out ByteSize value) => TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out ByteSize value, [NotNullWhen(false)] out string? problem)
    {
        problem = Quantity.Scan(text, Unit, out var units);
        value = problem is null ? new ByteSize(units) : default;
        return problem is null;
    }

    /// <summary>The canonical quantity, without "bytes".</summary>
    public override string ToString() => TextValue.ToString(this);

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Quantity.TryFormat(Bytes, destination, out charsWritten);

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <inheritdoc/>
    public static bool operator <(ByteSize left, ByteSize right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(ByteSize left, ByteSize right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(ByteSize left, ByteSize right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(ByteSize left, ByteSize right) => left.CompareTo(right) >= 0;
}
