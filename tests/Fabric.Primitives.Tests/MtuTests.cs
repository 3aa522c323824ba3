using System.Text.Json;

namespace Fabric.Primitives.Tests;

public class MtuTests
{
    [Theory]
    [InlineData(68, false)]
    [InlineData(1279, false)]
    [InlineData(1280, true)]
    [InlineData(65535, true)]
    public void An_MTU_is_from_68_to_65535_and_carries_IPv6_from_1280(int bytes, bool carriesV6)
    {
        var mtu = Mtu.Parse(bytes.ToString());
        Assert.Equal((bytes, carriesV6), (mtu.Bytes, mtu.CarriesV6));
        Assert.Equal($"{bytes}", JsonSerializer.Serialize(mtu));
    }

    [Theory]
    [InlineData("67")]
    [InlineData("65536")]
    [InlineData("99999999999999999999")]
    [InlineData("-1500")]
    [InlineData("01500")]
    [InlineData("1500 ")]
    [InlineData("")]
    public void Text_out_of_range_is_refused_with_the_range(string text)
    {
        var message = Assert.Throws<FormatException>(() => Mtu.Parse(text)).Message;
        Assert.StartsWith($"'{text}' is not an MTU: ", message, StringComparison.Ordinal);
        Assert.Contains("68 to 65535 (IPv6 needs at least 1280)", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("67")]
    [InlineData("65536")]
    [InlineData("1500.5")]
    [InlineData("1e99")]
    [InlineData("\"1500\"")]
    [InlineData("null")]
    [InlineData("{}")]
    public void Json_that_is_no_number_in_range_is_refused(string json) =>
        Assert.Contains("an MTU", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Mtu>(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_number_out_of_range_is_an_error()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Mtu(67));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Mtu(65536));
    }
}
