using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// A rate in bit/s, written as a Kubernetes quantity: "100M" is 100,000,000 bit/s, "1Ki" is 1,024 bit/s.
/// <c>default</c> is zero. In JSON a string; a number is also read, as in any Kubernetes quantity.
/// </summary>
[JsonConverter(typeof(QuantityJsonConverter<BitRate>))]
public readonly record struct BitRate
    : ITextValue<BitRate>, IComparable<BitRate>, IComparisonOperators<BitRate, BitRate, bool>
{
    private const string Unit = "bit/s";

    private BitRate(long bitsPerSecond) => BitsPerSecond = bitsPerSecond;

    /// <summary>The largest Kubernetes quantity: 2^63-1 bit/s.</summary>
    public static BitRate MaxValue { get; } = new(long.MaxValue);

    /// <summary>The rate in bit/s, never negative.</summary>
    public long BitsPerSecond { get; }

    /// <summary>The rate in whole byte/s, rounded down, which is the unit of tc(8) netlink attributes.</summary>
    public long BytesPerSecond => BitsPerSecond / 8;

    /// <summary>A rate of so many bit/s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public static BitRate FromBitsPerSecond(long bitsPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bitsPerSecond);
        return new BitRate(bitsPerSecond);
    }

    /// <inheritdoc/>
    public static string Noun => "a bit rate";

    /// <inheritdoc/>
    public static int MaxTextLength => Quantity.MaxTextLength;

    /// <summary>Reads a Kubernetes quantity; a fraction is refused and not rounded.</summary>
    /// <exception cref="FormatException">The text is no quantity; the message tells why.</exception>
    public static BitRate Parse(ReadOnlySpan<char> text) => TextValue.Parse<BitRate>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out BitRate value) => TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out BitRate value, [NotNullWhen(false)] out string? problem)
    {
        problem = Quantity.Scan(text, Unit, out var units);
        value = problem is null ? new BitRate(units) : default;
        return problem is null;
    }

    /// <summary>The canonical quantity, without "bit/s".</summary>
    public override string ToString() => TextValue.ToString(this);

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Quantity.TryFormat(BitsPerSecond, destination, out charsWritten);

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public int CompareTo(BitRate other) => BitsPerSecond.CompareTo(other.BitsPerSecond);

    /// <inheritdoc/>
    public static bool operator <(BitRate left, BitRate right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(BitRate left, BitRate right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(BitRate left, BitRate right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(BitRate left, BitRate right) => left.CompareTo(right) >= 0;
}
