namespace Fabric.Primitives.Tests;

public class IpRangeTests
{
    [Theory]
    [InlineData("10.0.0.1-10.0.0.9", 9)]
    [InlineData("10.0.0.1", 1)]
    [InlineData("::1-::a", 10)]
    public void Text_is_two_ends_or_one_address(string text, int count)
    {
        var range = IpRange.Parse(text);
        Assert.Equal(text, range.ToString());
        Assert.Equal((UInt128)count, range.Count);
    }

    [Fact]
    public void A_range_of_one_is_written_as_its_address() =>
        Assert.Equal("10.0.0.1", IpRange.Parse("10.0.0.1-10.0.0.1").ToString());

    [Theory]
    [InlineData("10.0.0.9-10.0.0.1", "its last address comes before its first")]
    [InlineData("10.0.0.9-::1", "its ends are of different IP versions")]
    [InlineData("10.0.0.9-", "it is empty")]
    [InlineData("10.0.0.9-12", "it has fewer than four octets")]
    [InlineData("10.0.0.1-10.0.0.2-10.0.0.3", "it is neither four decimal octets nor has it a colon")]
    [InlineData("10.0.0.1 - 10.0.0.2", "it is neither four decimal octets nor has it a colon")]
    public void Text_that_is_no_range_is_refused_with_its_reason(string text, string problem)
    {
        Assert.False(IpRange.TryParse(text, out var value));
        Assert.Equal(default, value);
        Assert.Equal(
            $"'{text}' is not an IP range: {problem}.",
            Assert.Throws<FormatException>(() => IpRange.Parse(text)).Message);
    }

    [Fact]
    public void A_range_contains_exactly_what_lies_between_its_ends() =>
        Values.Ranges.WithAddresses().Hold(pair =>
            pair.Range.Contains(pair.Range.First) && pair.Range.Contains(pair.Range.Last)
            && pair.Range.Contains(pair.Address)
            == (pair.Address.Family == pair.Range.Family
                && pair.Address >= pair.Range.First && pair.Address <= pair.Range.Last));

    [Fact]
    public void Ranges_that_share_an_end_overlap_and_neighbours_do_not()
    {
        var range = IpRange.Parse("10.0.0.10-10.0.0.20");
        Assert.True(range.Overlaps(IpRange.Parse("10.0.0.20-10.0.0.30")));
        Assert.True(range.Overlaps(IpRange.Parse("10.0.0.1-10.0.0.99")));
        Assert.True(IpRange.Parse("10.0.0.1-10.0.0.99").Overlaps(range));
        Assert.False(range.Overlaps(IpRange.Parse("10.0.0.21-10.0.0.30")));
        Assert.True(range.Contains(IpRange.Parse("10.0.0.11-10.0.0.20")));
        Assert.False(range.Contains(IpRange.Parse("10.0.0.11-10.0.0.21")));
    }

    [Fact]
    public void The_count_of_all_IPv6_addresses_saturates() =>
        Assert.Equal(UInt128.MaxValue, IpPrefix.Parse("::/0").Range.Count);

    [Fact]
    public void Ends_must_make_a_range()
    {
        var address = IpAddress.Parse("10.0.0.2");
        Assert.Throws<ArgumentException>(() => new IpRange(address, IpAddress.Parse("10.0.0.1")));
        Assert.Throws<ArgumentException>(() => new IpRange(address, IpAddress.Parse("::1")));
        Assert.Throws<ArgumentException>(() => new IpRange(default, default));
    }

    [Fact]
    public void Default_contains_nothing()
    {
        IpRange none = default;
        Assert.Equal("", none.ToString());
        Assert.Equal(UInt128.Zero, none.Count);
        Assert.False(none.Contains(default(IpAddress)) || none.Overlaps(none));
    }
}
