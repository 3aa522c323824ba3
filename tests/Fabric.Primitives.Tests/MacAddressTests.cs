using System.Net.NetworkInformation;

namespace Fabric.Primitives.Tests;

public class MacAddressTests
{
    [Theory]
    [InlineData("52:54:00:12:34:56")]
    [InlineData("52:54:00:AB:CD:EF", "52:54:00:ab:cd:ef")]
    [InlineData("52-54-00-ab-cd-ef", "52:54:00:ab:cd:ef")]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    public void Text_is_formatted_in_lower_case_with_colons(string text, string? canonical = null) =>
        Assert.Equal(canonical ?? text, MacAddress.Parse(text).ToString());

    [Theory]
    [InlineData("", "six pairs")]
    [InlineData("52:54:00:12:34", "six pairs")]
    [InlineData("5254.0012.3456", "six pairs")]
    [InlineData("52:54:00:12:34:56:78", "six pairs")]
    [InlineData("52:54:00-12:34:56", "same character")]
    [InlineData("52.54.00.12.34.56", "colons or hyphens")]
    [InlineData("52:54:00:12:34:5g", "not hexadecimal")]
    [InlineData("+2:54:00:12:34:56", "not hexadecimal")]
    public void Text_that_is_no_MAC_is_refused_with_its_reason(string text, string reason)
    {
        var message = Assert.Throws<FormatException>(() => MacAddress.Parse(text)).Message;
        Assert.StartsWith($"'{text}' is not a MAC address: ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void PhysicalAddress_agrees_on_bytes() => Values.Macs.Hold(mac =>
    {
        Span<byte> bytes = stackalloc byte[6];
        return mac.TryWriteBytes(bytes, out var written) && written == 6
            && PhysicalAddress.Parse(mac.ToString()).GetAddressBytes().AsSpan().SequenceEqual(bytes)
            && MacAddress.FromBytes(bytes) == mac;
    });

    [Fact]
    public void A_local_address_keeps_46_bits_of_its_seed() => Values.Macs.Hold(seed =>
    {
        Span<byte> bytes = stackalloc byte[6];
        seed.TryWriteBytes(bytes, out _);
        var mac = MacAddress.CreateLocal(bytes);
        Span<byte> made = stackalloc byte[6];
        mac.TryWriteBytes(made, out _);
        return mac is { IsLocal: true, IsMulticast: false, IsZero: false }
            && (made[0] | 3) == (bytes[0] | 3) && made[1..].SequenceEqual(bytes[1..]);
    });

    [Fact]
    public void The_two_flag_bits_are_those_of_the_first_octet()
    {
        Assert.True(MacAddress.Parse("01:00:5e:00:00:01") is { IsMulticast: true, IsLocal: false });
        Assert.True(MacAddress.Parse("02:00:00:00:00:01") is { IsMulticast: false, IsLocal: true });
        Assert.True(MacAddress.Broadcast is { IsMulticast: true, IsLocal: true });
        Assert.True(default(MacAddress) is { IsZero: true, IsMulticast: false, IsLocal: false });
        Assert.Equal("00:00:00:00:00:00", default(MacAddress).ToString());
    }

    [Fact]
    public void Too_few_or_too_many_bytes_are_an_error()
    {
        Assert.Throws<ArgumentException>(() => MacAddress.FromBytes(new byte[5]));
        Assert.Throws<ArgumentException>(() => MacAddress.FromBytes(new byte[7]));
        Assert.Throws<ArgumentException>(() => MacAddress.CreateLocal(new byte[5]));
        Assert.False(MacAddress.Broadcast.TryWriteBytes(new byte[5], out _));
    }
}
