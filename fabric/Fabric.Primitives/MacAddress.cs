using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// A 48-bit IEEE 802 address (EUI-48), written in lower case with colons. <c>default</c> is 00:00:00:00:00:00, which
/// no interface may have; see <see cref="IsZero"/>.
/// </summary>
[JsonConverter(typeof(TextValueJsonConverter<MacAddress>))]
public readonly record struct MacAddress
    : ITextValue<MacAddress>, IComparable<MacAddress>, IComparisonOperators<MacAddress, MacAddress, bool>
{
    private const int Octets = 6;

    // Bits of the first octet on the wire (IEEE 802-2014 §8.2), at the top of the 48-bit number.
    private const ulong GroupBit = 0x01UL << 40;
    private const ulong LocalBit = 0x02UL << 40;

    private readonly ulong _value;

    private MacAddress(ulong value) => _value = value;

    /// <inheritdoc/>
    public static string Noun => "a MAC address";

    /// <inheritdoc/>
    public static int MaxTextLength => (3 * Octets) - 1;

    /// <summary>ff:ff:ff:ff:ff:ff.</summary>
    public static MacAddress Broadcast { get; } = new((1UL << 48) - 1);

    /// <summary>Whether all bits are zero.</summary>
    public bool IsZero => _value == 0;

    /// <summary>Whether this names a group, broadcast included, and so can be no interface's own address.</summary>
    public bool IsMulticast => (_value & GroupBit) != 0;

    /// <summary>Whether this is locally administered, that is, from no manufacturer's range.</summary>
    public bool IsLocal => (_value & LocalBit) != 0;

    /// <summary>Reads 6 bytes in the order of the wire.</summary>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Octets
            ? new(((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32)
                | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]))
            : throw new ArgumentException($"A MAC address has {Octets} bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>
    /// A locally administered unicast address with 46 bits of <paramref name="seed"/>: random bytes for a fresh
    /// address, a hash for one that is always the same.
    /// </summary>
    /// <param name="seed">At least 6 bytes, of which the first 6 are used.</param>
    /// <exception cref="ArgumentException">Fewer than 6 bytes.</exception>
    public static MacAddress CreateLocal(ReadOnlySpan<byte> seed) =>
        seed.Length >= Octets
            ? new((FromBytes(seed[..Octets])._value | LocalBit) & ~GroupBit)
            : throw new ArgumentException($"The seed has {seed.Length} bytes, fewer than {Octets}.", nameof(seed));

    /// <summary>Reads six pairs of hexadecimal digits, all separated by colons or all by hyphens.</summary>
    /// <exception cref="FormatException">The text is no MAC address; the message tells why.</exception>
    public static MacAddress Parse(ReadOnlySpan<char> text) => TextValue.Parse<MacAddress>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out MacAddress value) => TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out MacAddress value, [NotNullWhen(false)] out string? problem)
    {
        problem = Scan(text, out var bits);
        value = problem is null ? new MacAddress(bits) : default;
        return problem is null;
    }

    /// <summary>Writes 6 bytes in the order of the wire.</summary>
    /// <returns>False if <paramref name="destination"/> is too small; nothing is written then.</returns>
    public bool TryWriteBytes(Span<byte> destination, out int bytesWritten)
    {
        bytesWritten = 0;
        if (destination.Length < Octets)
            return false;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(_value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], (uint)_value);
        bytesWritten = Octets;
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(MacAddress other) => _value.CompareTo(other._value);

    /// <summary>Lower-case hexadecimal with colons.</summary>
    public override string ToString() => TextValue.ToString(this);

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        if (destination.Length < MaxTextLength)
            return false;
        for (var octet = 0; octet < Octets; octet++)
        {
            if (octet > 0)
                destination[charsWritten++] = ':';
            var value = (byte)(_value >> (8 * (Octets - 1 - octet)));
            destination[charsWritten++] = TextValue.HexDigit(value >> 4);
            destination[charsWritten++] = TextValue.HexDigit(value & 0xf);
        }
        return true;
    }

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public static bool operator <(MacAddress left, MacAddress right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(MacAddress left, MacAddress right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(MacAddress left, MacAddress right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(MacAddress left, MacAddress right) => left.CompareTo(right) >= 0;

    private static string? Scan(ReadOnlySpan<char> text, out ulong bits)
    {
        bits = 0;
        if (text.Length != MaxTextLength)
            return "it does not consist of six pairs of hexadecimal digits separated by colons";
        var separator = text[2];
        if (separator is not (':' or '-'))
            return "its pairs are not separated by colons or hyphens";
        for (var i = 0; i < text.Length; i++)
        {
            if (i % 3 == 2)
            {
                if (text[i] != separator)
                    return "its pairs are not all separated by the same character";
            }
            else if (char.IsAsciiHexDigit(text[i]))
            {
                bits = (bits << 4) | (uint)TextValue.HexValue(text[i]);
            }
            else
            {
                return "a pair is not hexadecimal";
            }
        }
        return null;
    }
}
