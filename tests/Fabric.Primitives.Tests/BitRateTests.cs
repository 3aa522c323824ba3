using System.Text.Json;

namespace Fabric.Primitives.Tests;

public class BitRateTests
{
    [Theory]
    [InlineData("0", 0, "0")]
    [InlineData("1", 1, "1")]
    [InlineData("100M", 100_000_000, "100M")]
    [InlineData("1.5G", 1_500_000_000, "1500M")]
    [InlineData("0.5Ki", 512, "512")]
    [InlineData("1Ki", 1024, "1Ki")]
    [InlineData("1Mi", 1 << 20, "1Mi")]
    [InlineData("1000Ki", 1_024_000, "1024k")]
    [InlineData("1e6", 1_000_000, "1M")]
    [InlineData("1E6", 1_000_000, "1M")]
    [InlineData("25e-1k", 0, null)]
    [InlineData("250E-1", 25, "25")]
    [InlineData("+7k", 7000, "7k")]
    [InlineData("5.", 5, "5")]
    [InlineData(".5k", 500, "500")]
    [InlineData("007k", 7000, "7k")]
    [InlineData("100000m", 100, "100")]
    [InlineData("2000000000n", 2, "2")]
    [InlineData("1.000000000000000000000000", 1, "1")]
    [InlineData("10000000000000000000000000e-20", 100_000, "100k")]
    [InlineData("9223372036854775807", long.MaxValue, "9223372036854775807")]
    [InlineData("9E", 9_000_000_000_000_000_000, "9E")]
    [InlineData("7Ei", 7L << 60, "7Ei")]
    public void Quantities_are_read_exactly_and_written_canonically(string text, long bitsPerSecond, string? canonical)
    {
        var read = BitRate.TryParse(text, out var rate);
        Assert.Equal(canonical is not null, read);
        Assert.Equal(bitsPerSecond, rate.BitsPerSecond);
        if (read)
            Assert.Equal(canonical, rate.ToString());
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("-1", "it is negative")]
    [InlineData("0.5", "it is not a whole number of bit/s")]
    [InlineData("1m", "it is not a whole number of bit/s")]
    [InlineData("8Ei", "it is larger than 2^63-1 bit/s")]
    [InlineData("9223372036854775808", "it is larger than 2^63-1 bit/s")]
    [InlineData("1e999999999999", "it is larger than 2^63-1 bit/s")]
    [InlineData("1e-999999999999", "it is not a whole number of bit/s")]
    [InlineData("12345678901234567891234", "it has more than 19 significant digits")]
    public void Rates_that_cannot_be_held_are_refused_with_their_reason(string text, string problem)
    {
        Assert.Equal(
            $"'{text}' is not a bit rate: {problem}.",
            Assert.Throws<FormatException>(() => BitRate.Parse(text)).Message);
    }

    [Theory]
    [InlineData("K")]
    [InlineData("100 M")]
    [InlineData("100mbit")]
    [InlineData("100Mbit")]
    [InlineData("1K")]
    [InlineData("1ki")]
    [InlineData(".")]
    [InlineData("+")]
    [InlineData("+-1")]
    [InlineData("1.2.3")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e1.5")]
    [InlineData("٣k")]
    [InlineData("0x10")]
    public void Text_that_is_no_quantity_is_refused_with_the_suffixes(string text) =>
        Assert.Contains("optional suffix (k, M, G", Assert.Throws<FormatException>(() => BitRate.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_number_in_json_is_read_as_the_same_quantity()
    {
        Assert.Equal(BitRate.Parse("1k"), JsonSerializer.Deserialize<BitRate>("1000"));
        Assert.Equal(BitRate.Parse("1M"), JsonSerializer.Deserialize<BitRate>("1e6"));
        Assert.Equal("\"1M\"", JsonSerializer.Serialize(BitRate.FromBitsPerSecond(1_000_000)));
        Assert.Contains(
            "'0.5' is not a bit rate: it is not a whole number",
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<BitRate>("0.5")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_are_rounded_down() => Assert.Equal(1, BitRate.FromBitsPerSecond(15).BytesPerSecond);

    [Fact]
    public void A_negative_rate_is_an_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BitRate.FromBitsPerSecond(-1));
}
