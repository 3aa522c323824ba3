using System.Net;

namespace Fabric.Primitives.Tests;

public class IpPrefixTests
{
    [Theory]
    [InlineData("10.2.3.1/24", "'10.2.3.1/24' is not an IP prefix: it has host bits, the network is 10.2.3.0/24.")]
    [InlineData("2001:db8::1/32", "'2001:db8::1/32' is not an IP prefix: it has host bits, the network is 2001:db8::/32.")]
    [InlineData("10.2.3.0", "'10.2.3.0' is not an IP prefix: it has no '/' and prefix length.")]
    [InlineData("10.2.3.0/33", "'10.2.3.0/33' is not an IP prefix: the prefix length is not a number from 0 to 32.")]
    [InlineData("::/129", "'::/129' is not an IP prefix: the prefix length is not a number from 0 to 128.")]
    [InlineData("10.2.3.0/024", "'10.2.3.0/024' is not an IP prefix: the prefix length is not a number from 0 to 32.")]
    [InlineData("10.2.3.0/", "'10.2.3.0/' is not an IP prefix: the prefix length is not a number from 0 to 32.")]
    [InlineData("10.2.3.0/255.255.255.0", "'10.2.3.0/255.255.255.0' is not an IP prefix: the prefix length is not a number from 0 to 32.")]
    [InlineData("10.2.3/24", "'10.2.3/24' is not an IP prefix: it has fewer than four octets.")]
    [InlineData("", "'' is not an IP prefix: it is empty.")]
    public void Text_that_is_no_prefix_is_refused_with_its_reason(string text, string message)
    {
        Assert.False(IpPrefix.TryParse(text, out var value));
        Assert.Equal(default, value);
        Assert.Equal(message, Assert.Throws<FormatException>(() => IpPrefix.Parse(text)).Message);
    }

    [Theory]
    [InlineData("10.2.3.0/24", "10.2.3.0", "10.2.3.255", "255.255.255.0", "256")]
    [InlineData("10.2.3.4/32", "10.2.3.4", "10.2.3.4", "255.255.255.255", "1")]
    [InlineData("10.2.3.4/31", "10.2.3.4", "10.2.3.5", "255.255.255.254", "2")]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "0.0.0.0", "4294967296")]
    [InlineData("2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::", "18446744073709551616")]
    [InlineData("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", "340282366920938463463374607431768211455")]
    public void A_prefix_knows_its_ends_mask_and_size(string text, string first, string last, string mask, string count)
    {
        var prefix = IpPrefix.Parse(text);
        Assert.Equal(
            (first, last, mask, count),
            (prefix.First.ToString(), prefix.Last.ToString(), prefix.Netmask.ToString(), prefix.Count.ToString()));
        Assert.Equal(prefix.Count, prefix.Range.Count);
    }

    [Fact]
    public void A_prefix_contains_its_ends_and_not_their_neighbours() => Values.Prefixes.Hold(prefix =>
        prefix.Contains(prefix.First) && prefix.Contains(prefix.Last) && prefix.Contains(prefix)
        && (!prefix.Last.TryAdd(1, out var after) || !prefix.Contains(after))
        && (prefix.First.ToUInt128() == 0 || !prefix.Contains(Before(prefix.First))));

    [Fact]
    public void IPNetwork_agrees_on_what_is_inside() =>
        Values.Prefixes.WithAddresses().Hold(pair =>
            pair.Prefix.Contains(pair.Address)
            == (pair.Prefix.Family == pair.Address.Family
                && new IPNetwork(pair.Prefix.Network.ToIPAddress(), pair.Prefix.Length)
                    .Contains(pair.Address.ToIPAddress())));

    [Fact]
    public void Prefixes_overlap_exactly_if_their_ranges_do() =>
        Values.Prefixes.WithAddresses().Hold(pair =>
        {
            var other = IpPrefix.Containing(pair.Address, pair.Address.BitLength / 2);
            return pair.Prefix.Overlaps(other) == pair.Prefix.Range.Overlaps(other.Range)
                && other.Overlaps(pair.Prefix) == pair.Prefix.Overlaps(other);
        });

    [Fact]
    public void A_family_contains_nothing_of_the_other()
    {
        Assert.False(IpPrefix.Parse("0.0.0.0/0").Contains(IpAddress.Parse("::")));
        Assert.False(IpPrefix.Parse("::/0").Contains(IpAddress.Parse("10.0.0.1")));
        Assert.False(IpPrefix.Parse("::/0").Overlaps(IpPrefix.Parse("0.0.0.0/0")));
        Assert.False(IpPrefix.Parse("::ffff:0:0/96").Contains(IpAddress.Parse("10.0.0.1")));
    }

    [Fact]
    public void A_smaller_prefix_does_not_contain_the_larger_one()
    {
        var (large, small) = (IpPrefix.Parse("10.0.0.0/8"), IpPrefix.Parse("10.0.0.0/16"));
        Assert.True(large.Contains(small) && !small.Contains(large) && small.Overlaps(large));
        Assert.True(large < small);
    }

    [Fact]
    public void Create_refuses_what_Containing_drops()
    {
        var address = IpAddress.Parse("10.2.3.1");
        Assert.Equal(IpPrefix.Parse("10.2.3.0/24"), IpPrefix.Containing(address, 24));
        Assert.Contains("10.2.3.0/24", Assert.Throws<ArgumentException>(() => IpPrefix.Create(address, 24)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => IpPrefix.Create(address, 33));
        Assert.Throws<ArgumentOutOfRangeException>(() => IpPrefix.Create(address, -1));
        Assert.Throws<ArgumentException>(() => IpPrefix.Create(default, 0));
    }

    [Fact]
    public void Default_contains_nothing()
    {
        IpPrefix none = default;
        Assert.Equal("", none.ToString());
        Assert.Equal(UInt128.Zero, none.Count);
        Assert.False(none.Contains(default(IpAddress)) || none.Contains(IpAddress.Parse("::")) || none.Overlaps(none));
        Assert.False(IpPrefix.Parse("::/0").Contains(none));
        Assert.Equal(default, none.Netmask);
    }

    [Fact]
    public void An_interface_address_keeps_its_host_bits()
    {
        var address = IpInterfaceAddress.Parse("10.2.3.1/24");
        Assert.Equal("10.2.3.1/24", address.ToString());
        Assert.Equal(IpAddress.Parse("10.2.3.1"), address.Address);
        Assert.Equal(IpPrefix.Parse("10.2.3.0/24"), address.Prefix);
        Assert.Equal(default, default(IpInterfaceAddress).Prefix);
        Assert.Equal(
            "'10.2.3.1' is not an interface address: it has no '/' and prefix length.",
            Assert.Throws<FormatException>(() => IpInterfaceAddress.Parse("10.2.3.1")).Message);
    }

    private static IpAddress Before(IpAddress address) =>
        address.IsV4 ? IpAddress.FromV4((uint)address.ToUInt128() - 1) : IpAddress.FromV6(address.ToUInt128() - 1);
}
