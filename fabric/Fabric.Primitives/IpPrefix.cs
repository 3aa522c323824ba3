using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// A network: an address whose host bits are all zero, and a length ("10.2.3.0/24"). Text with host bits is refused;
/// <see cref="IpInterfaceAddress"/> keeps them. <c>default</c> is no prefix.
/// </summary>
/// <remarks>Ordered by network, then by length, so that a prefix comes before the smaller ones inside it.</remarks>
[JsonConverter(typeof(TextValueJsonConverter<IpPrefix>))]
public readonly record struct IpPrefix
    : ITextValue<IpPrefix>, IComparable<IpPrefix>, IComparisonOperators<IpPrefix, IpPrefix, bool>
{
    private readonly byte _length;

    private IpPrefix(IpAddress network, byte length)
    {
        Network = network;
        _length = length;
    }

    /// <inheritdoc/>
    public static string Noun => "an IP prefix";

    /// <inheritdoc/>
    public static int MaxTextLength => CidrText.MaxLength;

    /// <summary>The address with all host bits zero, which is also the first one.</summary>
    public IpAddress Network { get; }

    /// <summary>Number of network bits: 0 to 32, or 0 to 128.</summary>
    public int Length => _length;

    /// <summary>False only for <c>default</c>.</summary>
    public bool IsValid => Network.IsValid;

    /// <summary>The IP version, or <see cref="IpFamily.None"/> for <c>default</c>.</summary>
    public IpFamily Family => Network.Family;

    /// <summary>Whether this is an IPv4 prefix.</summary>
    public bool IsV4 => Network.IsV4;

    /// <summary>Whether this is an IPv6 prefix.</summary>
    public bool IsV6 => Network.IsV6;

    /// <summary>The lowest address: in IPv4 the network's own unless the length is 31 or 32.</summary>
    public IpAddress First => Network;

    /// <summary>The highest address: in IPv4 the broadcast address unless the length is 31 or 32.</summary>
    public IpAddress Last => Network.WithHostBitsSet(HostBits);

    /// <summary>All addresses of the prefix.</summary>
    public IpRange Range => new(First, Last);

    /// <summary>
    /// How many addresses it holds, network and broadcast included. <c>::/0</c> holds one more than
    /// <see cref="UInt128.MaxValue"/>, which stands for it.
    /// </summary>
    public UInt128 Count => !IsValid ? 0 : HostBits == 128 ? UInt128.MaxValue : UInt128.One << HostBits;

    /// <summary>The network bits as an address: 255.255.255.0 for a /24.</summary>
    public IpAddress Netmask => Family switch
    {
        IpFamily.V4 => IpAddress.FromV4(uint.MaxValue).WithHostBitsCleared(HostBits),
        IpFamily.V6 => IpAddress.FromV6(UInt128.MaxValue).WithHostBitsCleared(HostBits),
        _ => default,
    };

    private int HostBits => Network.BitLength - Length;

    /// <summary>The prefix with exactly this network.</summary>
    /// <exception cref="ArgumentException">
    /// The address has host bits or is unset, or the length does not fit its family.
    /// </exception>
    public static IpPrefix Create(IpAddress network, int length)
    {
        var prefix = Containing(network, length);
        return prefix.Network == network
            ? prefix
            : throw new ArgumentException($"{network}/{length} has host bits; its network is {prefix}.", nameof(network));
    }

    /// <summary>The prefix of this length around <paramref name="address"/>, whose host bits are dropped.</summary>
    /// <exception cref="ArgumentException">The address is unset or the length does not fit its family.</exception>
    public static IpPrefix Containing(IpAddress address, int length)
    {
        CidrText.Validate(address, length);
        return new IpPrefix(address.WithHostBitsCleared(address.BitLength - length), (byte)length);
    }

    /// <summary>Reads CIDR notation ("10.2.3.0/24").</summary>
    /// <exception cref="FormatException">
    /// The text is no prefix; the message tells why, and for host bits what the network would be.
    /// </exception>
    public static IpPrefix Parse(ReadOnlySpan<char> text) => TextValue.Parse<IpPrefix>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix value)
    {
        var read = CidrText.Scan(text, out var address, out var length) is null;
        value = read ? Containing(address, length) : default;
        if (value.Network == address)
            return read;
        value = default;
        return false;
    }

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out IpPrefix value, [NotNullWhen(false)] out string? problem)
    {
        problem = CidrText.Scan(text, out var address, out var length);
        value = default;
        if (problem is not null)
            return false;
        var prefix = Containing(address, length);
        if (prefix.Network != address)
        {
            problem = $"it has host bits, the network is {prefix}";
            return false;
        }
        value = prefix;
        return true;
    }

    /// <summary>Whether <paramref name="address"/> is of the same family and inside.</summary>
    public bool Contains(IpAddress address) =>
        IsValid && address.Family == Family && address.WithHostBitsCleared(HostBits) == Network;

    /// <summary>Whether <paramref name="other"/> is this prefix or a part of it.</summary>
    public bool Contains(IpPrefix other) => other.Length >= Length && Contains(other.Network);

    /// <summary>Whether the two share an address, which means that one contains the other.</summary>
    public bool Overlaps(IpPrefix other) => Contains(other) || other.Contains(this);

    /// <inheritdoc/>
    public int CompareTo(IpPrefix other)
    {
        var order = Network.CompareTo(other.Network);
        return order != 0 ? order : Length.CompareTo(other.Length);
    }

    /// <summary>CIDR notation with the network in canonical form.</summary>
    public override string ToString() => TextValue.ToString(this);

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        return !IsValid || TextValue.TryJoin(destination, Network, '/', Length, out charsWritten);
    }

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public static bool operator <(IpPrefix left, IpPrefix right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(IpPrefix left, IpPrefix right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(IpPrefix left, IpPrefix right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(IpPrefix left, IpPrefix right) => left.CompareTo(right) >= 0;
}
