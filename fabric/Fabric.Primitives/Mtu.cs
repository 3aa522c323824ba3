using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// The largest IP packet a link carries, in bytes, without the link's own header: 68 (RFC 791 §3.2) to 65535.
/// IPv6 needs 1280 (RFC 8200 §5); see <see cref="CarriesV6"/>. <c>default</c> is no MTU.
/// </summary>
/// <remarks>A number in JSON.</remarks>
[JsonConverter(typeof(MtuJsonConverter))]
public readonly record struct Mtu : ITextValue<Mtu>, IComparable<Mtu>, IComparisonOperators<Mtu, Mtu, bool>
{
    /// <summary>The least MTU of an IPv4 link, in bytes (RFC 791 §3.2).</summary>
    public const int MinBytes = 68;

    /// <summary>The least MTU of an IPv6 link, in bytes (RFC 8200 §5).</summary>
    public const int MinBytesV6 = 1280;

    /// <summary>The largest length an IPv4 header can state, in bytes.</summary>
    public const int MaxBytes = 65535;

    // Ethernet's header with a VLAN's tag (IEEE 802.1Q).
    private const int FrameOverhead = 18;

    private const string OutOfRange = "it is not a number of bytes from 68 to 65535 (IPv6 needs at least 1280)";

    private readonly ushort _bytes;

    /// <summary>An MTU of so many bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 68 to 65535.</exception>
    public Mtu(int bytes)
    {
        if (bytes is < MinBytes or > MaxBytes)
            throw new ArgumentOutOfRangeException(
                nameof(bytes), bytes, $"An MTU is from {MinBytes} to {MaxBytes} bytes.");
        _bytes = (ushort)bytes;
    }

    /// <inheritdoc/>
    public static string Noun => "an MTU";

    /// <inheritdoc/>
    public static int MaxTextLength => 5;

    /// <summary>Size in bytes; 0 for <c>default</c>.</summary>
    public int Bytes => _bytes;

    /// <summary>The largest Ethernet frame of such a link in bytes, with its header and a VLAN's tag.</summary>
    public int FrameBytes => _bytes + FrameOverhead;

    /// <summary>False only for <c>default</c>.</summary>
    public bool IsValid => _bytes != 0;

    /// <summary>Whether IPv6 may run over such a link without fragmentation below it.</summary>
    public bool CarriesV6 => _bytes >= MinBytesV6;

    /// <summary>Reads a decimal number of bytes.</summary>
    /// <exception cref="FormatException">The text is no MTU; the message tells why.</exception>
    public static Mtu Parse(ReadOnlySpan<char> text) => TextValue.Parse<Mtu>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out Mtu value) => TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out Mtu value, [NotNullWhen(false)] out string? problem)
    {
        var read = TextValue.TryParseDecimal(text, MaxBytes, out var bytes) && bytes >= MinBytes;
        value = read ? new Mtu(bytes) : default;
        problem = read ? null : OutOfRange;
        return read;
    }

    /// <inheritdoc/>
    public int CompareTo(Mtu other) => _bytes.CompareTo(other._bytes);

    /// <summary>The number of bytes, without a unit.</summary>
    public override string ToString() => TextValue.ToString(this);

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        return !IsValid || _bytes.TryFormat(destination, out charsWritten);
    }

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public static bool operator <(Mtu left, Mtu right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(Mtu left, Mtu right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(Mtu left, Mtu right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(Mtu left, Mtu right) => left.CompareTo(right) >= 0;
}
