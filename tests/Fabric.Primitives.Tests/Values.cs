using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Primitives.Tests;

/// <summary>Generators that reach the corners (runs of zero groups, ends of the range) as often as the middle.</summary>
internal static class Values
{
    public static Gen<IpAddress> V4 { get; } =
        Gen.OneOf(
            Gen.ArrayOf(Gen.Choose(0, 255), 4),
            Gen.ArrayOf(Gen.Elements(0, 1, 127, 128, 255), 4))
        .Select(octets => IpAddress.FromBytes([.. octets.Select(octet => (byte)octet)]));

    public static Gen<IpAddress> V6 { get; } =
        Gen.ArrayOf(Gen.OneOf(Gen.Choose(0, 65535), Gen.Elements(0, 0, 0, 1, 0xffff)), 8)
        .Select(groups => IpAddress.FromBytes(
            [.. groups.SelectMany(group => new[] { (byte)(group >> 8), (byte)group })]));

    public static Gen<IpAddress> Addresses { get; } = Gen.OneOf(V4, V6);

    public static Gen<(IpAddress, IpAddress)> Pairs { get; } =
        Gen.OneOf(
            V4.SelectMany(_ => V4, (a, b) => (a, b)),
            V6.SelectMany(_ => V6, (a, b) => (a, b)),
            Addresses.SelectMany(_ => Addresses, (a, b) => (a, b)));

    public static Gen<IpInterfaceAddress> InterfaceAddresses { get; } =
        Addresses.SelectMany(
            address => Gen.Choose(0, address.BitLength), (address, length) => new IpInterfaceAddress(address, length));

    public static Gen<IpPrefix> Prefixes { get; } = InterfaceAddresses.Select(address => address.Prefix);

    public static Gen<IpRange> Ranges { get; } =
        Gen.OneOf(V4.SelectMany(_ => V4, (a, b) => (a, b)), V6.SelectMany(_ => V6, (a, b) => (a, b)))
        .Select(pair => pair.a <= pair.b ? new IpRange(pair.a, pair.b) : new IpRange(pair.b, pair.a));

    public static Gen<MacAddress> Macs { get; } =
        Gen.ArrayOf(Gen.Choose(0, 255), 6)
        .Select(octets => MacAddress.FromBytes([.. octets.Select(octet => (byte)octet)]));

    public static Gen<BitRate> Rates { get; } =
        Gen.OneOf(
            ArbMap.Default.GeneratorFor<long>().Select(value => value & long.MaxValue),
            Gen.Choose(0, 5000).SelectMany(
                _ => Gen.Elements(1L, 1000, 1_000_000, 1_000_000_000, 1024, 1 << 20, 1 << 30),
                (count, unit) => count * unit))
        .Select(BitRate.FromBitsPerSecond);

    public static Gen<Mtu> Mtus { get; } = Gen.Choose(Mtu.MinBytes, Mtu.MaxBytes).Select(bytes => new Mtu(bytes));

    public static Gen<ObjectName> Names { get; } =
        Gen.ArrayOf(Gen.Elements("abz09".ToCharArray()), 20).SelectMany(
            _ => Gen.Choose(1, 20), (letters, length) => new string(letters, 0, length))
        .Select(part => ObjectName.Parse($"{part}.{part}-{part}"));

    public static void Hold<T>(this Gen<T> values, Func<T, bool> property) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000).WithQuietOnSuccess(true), Prop.ForAll(values.ToArbitrary(), property));
}

internal static class ValuePairs
{
    /// <summary>A prefix with an address that is often inside it or near its ends.</summary>
    public static Gen<(IpPrefix Prefix, IpAddress Address)> WithAddresses(this Gen<IpPrefix> prefixes) =>
        prefixes.SelectMany(
            prefix => Gen.OneOf(Values.Addresses, Near(prefix.First, prefix.Last)), (prefix, address) => (prefix, address));

    /// <inheritdoc cref="WithAddresses(Gen{IpPrefix})"/>
    public static Gen<(IpRange Range, IpAddress Address)> WithAddresses(this Gen<IpRange> ranges) =>
        ranges.SelectMany(
            range => Gen.OneOf(Values.Addresses, Near(range.First, range.Last)), (range, address) => (range, address));

    private static Gen<IpAddress> Near(IpAddress first, IpAddress last) =>
        Gen.Elements(first, last)
        .SelectMany(_ => Gen.Choose(0, 3), (end, step) => end.TryAdd((uint)step, out var near) ? near : end);
}
