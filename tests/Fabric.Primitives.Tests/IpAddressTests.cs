using System.Net;

namespace Fabric.Primitives.Tests;

public class IpAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.2.3.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("2001:db8::1")]
    [InlineData("2001:DB8:0:0:0:0:0:1", "2001:db8::1")]
    [InlineData("2001:0db8::0001", "2001:db8::1")]
    [InlineData("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("2001:0:0:1:0:0:0:1", "2001:0:0:1::1")]
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("0:1:0:1:0:1:0:1")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("::ffff:a01:203", "::ffff:10.1.2.3")]
    [InlineData("::10.1.2.3", "::a01:203")]
    [InlineData("64:ff9b::10.1.2.3", "64:ff9b::a01:203")]
    [InlineData("1:2:3:4:5:6:10.1.2.3", "1:2:3:4:5:6:a01:203")]
    public void Text_is_formatted_by_RFC_5952(string text, string? canonical = null) =>
        Assert.Equal(canonical ?? text, IpAddress.Parse(text).ToString());

    [Theory]
    [InlineData("", "empty")]
    [InlineData("10.2.3", "fewer than four octets")]
    [InlineData("10.2.3.4.5", "more than four octets")]
    [InlineData("10.2.3.256", "larger than 255")]
    [InlineData("10.2.3.99999999999", "larger than 255")]
    [InlineData("10.02.3.4", "leading zero")]
    [InlineData("10.2..4", "octet is missing")]
    [InlineData(" 10.2.3.4", "neither four decimal octets")]
    [InlineData("10.2.3.4/24", "neither four decimal octets")]
    [InlineData("0x0a.1.2.3", "neither four decimal octets")]
    [InlineData("١.1.1.1", "neither four decimal octets")]
    [InlineData("fe80::1%eth0", "zone id")]
    [InlineData("[::1]", "brackets")]
    [InlineData("1::2::3", "more than once")]
    [InlineData(":::", "group is empty")]
    [InlineData("1:2", "fewer than eight groups")]
    [InlineData("1:2:3:4:5:6:7:8:9", "more than eight groups")]
    [InlineData("1:2:3:4::5:6:7:8", "stands for no group")]
    [InlineData("12345::", "more than four digits")]
    [InlineData("g::", "not hexadecimal")]
    [InlineData("::10.1.2.300", "larger than 255")]
    [InlineData("10.1.2.3::", "more than four digits")]
    [InlineData("1:2:3:4:5:6:7:10.1.2.3", "more than eight groups")]
    [InlineData(":1:2:3:4:5:6:7", "group is empty")]
    [InlineData("1:2:3:4:5:6:7:", "group is empty")]
    public void Text_that_is_no_address_is_refused_with_its_reason(string text, string reason)
    {
        var message = Assert.Throws<FormatException>(() => IpAddress.Parse(text)).Message;
        Assert.StartsWith($"'{text}' is not an IP address: ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_very_long_text_is_cut_in_the_message()
    {
        var message = Assert.Throws<FormatException>(() => IpAddress.Parse(new string('1', 100_000))).Message;
        Assert.InRange(message.Length, 80, 200);
    }

    [Fact]
    public void IPAddress_agrees_on_every_generated_address() => Values.Addresses.Hold(address =>
    {
        var theirs = IPAddress.Parse(address.ToString());
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return theirs.GetAddressBytes().AsSpan().SequenceEqual(bytes[..written])
            && IpAddress.From(theirs) == address
            && address.ToIPAddress().Equals(theirs)
            && IpAddress.FromBytes(bytes[..written]) == address;
    });

    [Fact]
    public void IPAddress_writes_the_same_text_except_where_it_embeds_IPv4_without_a_well_known_prefix() =>
        Values.Addresses.Hold(address =>
            address.ToIPAddress().ToString() is var theirs
            && (theirs == address.ToString() || (theirs.Contains('.') && address.IsV6 && !address.IsV4Mapped)));

    [Fact]
    public void Everything_accepted_is_accepted_by_IPAddress_too()
    {
        var random = new Random(7);
        var accepted = 0;
        for (var round = 0; round < 200_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ =>
                random.Next(3) switch { 0 => ":", 1 => "::", _ => random.Next(0x1ffff).ToString("x") }));
            var mine = IpAddress.TryParse(text, out var address);
            Assert.Equal(IPAddress.TryParse(text, out var theirs) && text.Contains(':'), mine || IsTheirsOnly(text));
            if (!mine)
                continue;
            accepted++;
            Assert.Equal(theirs, address.ToIPAddress());
        }
        Assert.True(accepted > 500, $"Only {accepted} texts were addresses; the test would show nothing.");

        bool IsTheirsOnly(string text) =>
            IPAddress.TryParse(text, out _) && IpAddress.TryParse(text, out _, out var problem) is false
            && problem is "its '::' stands for no group";
    }

    [Fact]
    public void Order_is_family_then_number() => Values.Pairs.Hold(pair =>
    {
        var (a, b) = pair;
        var expected = a.Family == b.Family ? a.ToUInt128().CompareTo(b.ToUInt128()) : a.IsV4 ? -1 : 1;
        return Math.Sign(a.CompareTo(b)) == Math.Sign(expected)
            && (a < b) == (expected < 0) && (a > b) == (expected > 0)
            && (a <= b) == (expected <= 0) && (a >= b) == (expected >= 0)
            && (a == b) == (expected == 0);
    });

    [Fact]
    public void Next_counts_up_and_stops_at_the_end_of_the_family()
    {
        Assert.Equal("10.0.1.0", IpAddress.Parse("10.0.0.255").Next().ToString());
        Assert.Equal("1:0:0:1::", IpAddress.Parse("1::ffff:ffff:ffff:ffff").Next().ToString());
        Assert.Equal("255.255.255.255", IpAddress.Parse("0.0.0.0").Add(uint.MaxValue).ToString());
        Assert.Throws<OverflowException>(() => IpAddress.Parse("255.255.255.255").Next());
        Assert.Throws<OverflowException>(() => IpAddress.Parse("::2").Add(UInt128.MaxValue - 1));
        Assert.False(default(IpAddress).TryAdd(0, out _));
    }

    [Fact]
    public void A_mapped_address_is_IPv6_until_unmapped()
    {
        var mapped = IpAddress.Parse("::ffff:10.0.0.1");
        Assert.True(mapped is { IsV6: true, IsV4Mapped: true });
        Assert.NotEqual(IpAddress.Parse("10.0.0.1"), mapped);
        Assert.Equal(IpAddress.Parse("10.0.0.1"), mapped.Unmap());
        Assert.Equal(IpAddress.Parse("::1"), IpAddress.Parse("::1").Unmap());
    }

    [Fact]
    public void Classes_agree_with_IPAddress() => Values.Addresses.Hold(address =>
        address.IsV6
            ? address.IsMulticast == address.ToIPAddress().IsIPv6Multicast
                && address.IsLinkLocal == address.ToIPAddress().IsIPv6LinkLocal
            : address.IsLoopback == IPAddress.IsLoopback(address.ToIPAddress()));

    [Theory]
    [InlineData("224.0.0.1", true, false, false)]
    [InlineData("239.255.255.255", true, false, false)]
    [InlineData("240.0.0.0", false, false, false)]
    [InlineData("169.254.1.1", false, true, false)]
    [InlineData("127.8.8.8", false, false, true)]
    [InlineData("::1", false, false, true)]
    [InlineData("ff02::1", true, false, false)]
    [InlineData("fe80::1", false, true, false)]
    [InlineData("febf::1", false, true, false)]
    [InlineData("fec0::1", false, false, false)]
    public void Classes_follow_their_prefixes(string text, bool multicast, bool linkLocal, bool loopback)
    {
        var address = IpAddress.Parse(text);
        Assert.Equal((multicast, linkLocal, loopback), (address.IsMulticast, address.IsLinkLocal, address.IsLoopback));
    }

    [Fact]
    public void Default_is_no_address()
    {
        IpAddress none = default;
        Assert.Equal("", none.ToString());
        Assert.Equal(IpFamily.None, none.Family);
        Assert.False(none.IsValid || none.IsV4 || none.IsV6 || none.IsUnspecified || none.IsLinkLocal || none.IsMulticast);
        Assert.NotEqual(none, IpAddress.Parse("0.0.0.0"));
        Assert.NotEqual(none, IpAddress.Parse("::"));
        Assert.Throws<InvalidOperationException>(none.ToIPAddress);
        Assert.True(none.TryWriteBytes([], out var written) && written == 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(17)]
    public void Only_4_or_16_bytes_are_an_address(int count) =>
        Assert.Throws<ArgumentException>(() => IpAddress.FromBytes(new byte[count]));

    [Fact]
    public void Bytes_do_not_go_into_too_small_a_span()
    {
        Assert.False(IpAddress.Parse("10.0.0.1").TryWriteBytes(new byte[3], out var written));
        Assert.False(IpAddress.Parse("::1").TryWriteBytes(new byte[15], out var written6));
        Assert.Equal((0, 0), (written, written6));
    }
}
