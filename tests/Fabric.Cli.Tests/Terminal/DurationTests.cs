using Fabric.Cli.Terminal;

namespace Fabric.Cli.Tests.Terminal;

public sealed class DurationTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("30s", 30)]
    [InlineData("1h2m3s", 3723)]
    public void A_time_is_read(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Durations.Parse(text));

    [Fact]
    public void Nought_is_no_limit() => Assert.Null(Durations.Parse("0s"));

    [Theory]
    [InlineData("")]
    [InlineData("-1s")]
    [InlineData("1x")]
    [InlineData("s")]
    [InlineData("1m30")]
    [InlineData("99999999999s")]
    [InlineData("400000h")]
    public void What_is_no_time_is_refused(string text) => Assert.Throws<CommandFailure>(() => Durations.Parse(text));
}
