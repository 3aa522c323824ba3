using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// An IPv4 or IPv6 address without a zone. <c>default</c> is no address: <see cref="IsValid"/> is false, the text is
/// empty, and it cannot be written as JSON.
/// </summary>
/// <remarks>
/// Ordered by family, then by number. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is an IPv6 address here and
/// never equals the IPv4 address it carries; see <see cref="Unmap"/>.
/// </remarks>
[JsonConverter(typeof(TextValueJsonConverter<IpAddress>))]
public readonly partial record struct IpAddress
    : ITextValue<IpAddress>, IComparable<IpAddress>, IComparisonOperators<IpAddress, IpAddress, bool>
{
    private const ulong MappedPrefix = 0xffff_0000_0000;

    // Two halves and not a UInt128, whose alignment would make every address and record with one 16 bytes larger.
    private readonly ulong _high;
    private readonly ulong _low;

    private IpAddress(IpFamily family, UInt128 value)
    {
        Family = family;
        _high = (ulong)(value >> 64);
        _low = (ulong)value;
    }

    /// <summary>The IP version, or <see cref="IpFamily.None"/> for <c>default</c>.</summary>
    public IpFamily Family { get; }

    /// <summary>False only for <c>default</c>.</summary>
    public bool IsValid => Family != IpFamily.None;

    /// <summary>Whether this is an IPv4 address.</summary>
    public bool IsV4 => Family == IpFamily.V4;

    /// <summary>Whether this is an IPv6 address, IPv4-mapped or not.</summary>
    public bool IsV6 => Family == IpFamily.V6;

    /// <summary>Size in bits: 32 or 128, and 0 for <c>default</c>.</summary>
    public int BitLength => Family switch { IpFamily.V4 => 32, IpFamily.V6 => 128, _ => 0 };

    /// <summary>Size in bytes: 4 or 16, and 0 for <c>default</c>.</summary>
    public int ByteLength => BitLength / 8;

    /// <summary>Whether this is in <c>::ffff:0:0/96</c> (RFC 4291 §2.5.5.2).</summary>
    public bool IsV4Mapped => IsV6 && _high == 0 && (_low & 0xffff_ffff_0000_0000) == MappedPrefix;

    /// <summary><c>0.0.0.0</c> or <c>::</c>.</summary>
    public bool IsUnspecified => IsValid && _high == 0 && _low == 0;

    /// <summary><c>127.0.0.0/8</c> (RFC 1122 §3.2.1.3) or <c>::1</c>.</summary>
    public bool IsLoopback => IsV4 ? _low >> 24 == 127 : IsV6 && _high == 0 && _low == 1;

    /// <summary><c>224.0.0.0/4</c> (RFC 5771) or <c>ff00::/8</c>.</summary>
    public bool IsMulticast => IsV4 ? _low >> 28 == 0xe : _high >> 56 == 0xff;

    /// <summary><c>169.254.0.0/16</c> (RFC 3927) or <c>fe80::/10</c>.</summary>
    public bool IsLinkLocal => IsV4 ? _low >> 16 == 0xa9fe : _high >> 54 == 0xfe80 >> 6;

    /// <summary>The IPv4 address with the given number, most significant octet first.</summary>
    public static IpAddress FromV4(uint value) => new(IpFamily.V4, value);

    /// <summary>The IPv6 address with the given number, most significant octet first.</summary>
    public static IpAddress FromV6(UInt128 value) => new(IpFamily.V6, value);

    /// <summary>Reads 4 or 16 bytes in network order.</summary>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => FromV6(BinaryPrimitives.ReadUInt128BigEndian(bytes)),
        _ => throw new ArgumentException($"An IP address has 4 or 16 bytes, not {bytes.Length}.", nameof(bytes)),
    };

    /// <summary>For the edge to <c>System.Net</c>; a scope id is dropped.</summary>
    /// <exception cref="ArgumentException">The address is of another family than IP.</exception>
    public static IpAddress From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        return address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6
            && address.TryWriteBytes(bytes, out var written)
            ? FromBytes(bytes[..written])
            : throw new ArgumentException($"{address.AddressFamily} is not an IP family.", nameof(address));
    }

    /// <summary>For the edge to <c>System.Net</c>.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>.</exception>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        return TryWriteBytes(bytes, out var written) && written > 0
            ? new IPAddress(bytes[..written])
            : throw new InvalidOperationException("The address is unset.");
    }

    /// <summary>Writes 4 or 16 bytes in network order; none for <c>default</c>.</summary>
    /// <returns>False if <paramref name="destination"/> is too small; nothing is written then.</returns>
    public bool TryWriteBytes(Span<byte> destination, out int bytesWritten)
    {
        bytesWritten = destination.Length >= ByteLength ? ByteLength : 0;
        return Family switch
        {
            IpFamily.V4 => BinaryPrimitives.TryWriteUInt32BigEndian(destination, (uint)_low),
            IpFamily.V6 => BinaryPrimitives.TryWriteUInt128BigEndian(destination, ToUInt128()),
            _ => true,
        };
    }

    /// <summary>The address as a number, most significant octet first; 0 for <c>default</c>.</summary>
    public UInt128 ToUInt128() => new(_high, _low);

    /// <summary>The IPv4 address inside an IPv4-mapped IPv6 address; any other address is returned as it is.</summary>
    public IpAddress Unmap() => IsV4Mapped ? FromV4((uint)_low) : this;

    /// <summary>The following address.</summary>
    /// <exception cref="OverflowException">This is the last address of its family.</exception>
    public IpAddress Next() => Add(1);

    /// <summary>The address <paramref name="offset"/> addresses further on.</summary>
    /// <exception cref="OverflowException">There is none in the family; <c>default</c> has no next one.</exception>
    public IpAddress Add(UInt128 offset) =>
        TryAdd(offset, out var sum)
            ? sum
            : throw new OverflowException($"There is no address {offset} after '{this}'.");

    /// <summary>As <see cref="Add"/>.</summary>
    /// <returns>False where <see cref="Add"/> throws.</returns>
    public bool TryAdd(UInt128 offset, out IpAddress sum)
    {
        var fits = IsValid && offset <= Mask(BitLength) - ToUInt128();
        sum = fits ? new IpAddress(Family, ToUInt128() + offset) : default;
        return fits;
    }

    /// <inheritdoc/>
    public int CompareTo(IpAddress other)
    {
        var order = (int)Family - (int)other.Family; // Enum.CompareTo boxes.
        if (order == 0)
            order = _high.CompareTo(other._high);
        return order != 0 ? order : _low.CompareTo(other._low);
    }

    /// <inheritdoc/>
    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    /// <summary>The same family with the lowest <paramref name="hostBits"/> bits cleared.</summary>
    internal IpAddress WithHostBitsCleared(int hostBits) => new(Family, ToUInt128() & ~Mask(hostBits));

    /// <summary>The same family with the lowest <paramref name="hostBits"/> bits set.</summary>
    internal IpAddress WithHostBitsSet(int hostBits) => new(Family, ToUInt128() | Mask(hostBits));

    /// <summary>A number with the lowest <paramref name="bits"/> bits set, 0 to 128.</summary>
    internal static UInt128 Mask(int bits) => bits == 0 ? 0 : UInt128.MaxValue >> (128 - bits);
}
