using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// An address as an interface has it: with the length of its network ("10.2.3.1/24"). <c>default</c> is none.
/// </summary>
/// <remarks>Ordered by address, then by length.</remarks>
[JsonConverter(typeof(TextValueJsonConverter<IpInterfaceAddress>))]
public readonly record struct IpInterfaceAddress
    : ITextValue<IpInterfaceAddress>, IComparable<IpInterfaceAddress>,
      IComparisonOperators<IpInterfaceAddress, IpInterfaceAddress, bool>
{
    private readonly byte _length;

    /// <summary>An address in a network of the given length.</summary>
    /// <exception cref="ArgumentException">The address is unset or the length does not fit its family.</exception>
    public IpInterfaceAddress(IpAddress address, int length)
    {
        CidrText.Validate(address, length);
        Address = address;
        _length = (byte)length;
    }

    /// <inheritdoc/>
    public static string Noun => "an interface address";

    /// <inheritdoc/>
    public static int MaxTextLength => CidrText.MaxLength;

    /// <summary>The interface's own address.</summary>
    public IpAddress Address { get; }

    /// <summary>Number of network bits: 0 to 32, or 0 to 128.</summary>
    public int Length => _length;

    /// <summary>The network the interface is on; <c>default</c> for <c>default</c>.</summary>
    public IpPrefix Prefix => IsValid ? IpPrefix.Containing(Address, Length) : default;

    /// <summary>False only for <c>default</c>.</summary>
    public bool IsValid => Address.IsValid;

    /// <summary>The IP version, or <see cref="IpFamily.None"/> for <c>default</c>.</summary>
    public IpFamily Family => Address.Family;

    /// <summary>Whether the address is IPv4.</summary>
    public bool IsV4 => Address.IsV4;

    /// <summary>Whether the address is IPv6.</summary>
    public bool IsV6 => Address.IsV6;

    /// <summary>Reads CIDR notation with any host bits ("10.2.3.1/24").</summary>
    /// <exception cref="FormatException">The text is no interface address; the message tells why.</exception>
    public static IpInterfaceAddress Parse(ReadOnlySpan<char> text) => TextValue.Parse<IpInterfaceAddress>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out IpInterfaceAddress value) =>
        TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out IpInterfaceAddress value, [NotNullWhen(false)] out string? problem)
    {
        problem = CidrText.Scan(text, out var address, out var length);
        value = problem is null ? new IpInterfaceAddress(address, length) : default;
        return problem is null;
    }

    /// <inheritdoc/>
    public int CompareTo(IpInterfaceAddress other)
    {
        var order = Address.CompareTo(other.Address);
        return order != 0 ? order : Length.CompareTo(other.Length);
    }

    /// <summary>CIDR notation with the address in canonical form.</summary>
    public override string ToString() => TextValue.ToString(this);

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        return !IsValid || TextValue.TryJoin(destination, Address, '/', Length, out charsWritten);
    }

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public static bool operator <(IpInterfaceAddress left, IpInterfaceAddress right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(IpInterfaceAddress left, IpInterfaceAddress right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(IpInterfaceAddress left, IpInterfaceAddress right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(IpInterfaceAddress left, IpInterfaceAddress right) => left.CompareTo(right) >= 0;
}
