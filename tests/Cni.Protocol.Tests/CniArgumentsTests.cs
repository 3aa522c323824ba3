namespace Cni.Protocol.Tests;

public sealed class CniArgumentsTests
{
    [Fact]
    public void Arguments_are_read_by_key()
    {
        Assert.True(CniArguments.TryParse("IgnoreUnknown=1;K8S_POD_NAME=a=b;;K8S_POD_NAMESPACE=ns;K8S_POD_UID=", out var arguments, out _));
        Assert.Equal("a=b", arguments["K8S_POD_NAME"]);
        Assert.Equal("ns", arguments["K8S_POD_NAMESPACE"]);
        Assert.Null(arguments["K8S_POD"]);
        Assert.Null(arguments["K8S_POD_UID"]);
        Assert.True(arguments.IgnoresUnknown);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("IgnoreUnknown=1", true)]
    [InlineData("IgnoreUnknown=true", true)]
    [InlineData("IgnoreUnknown=True", true)]
    [InlineData("IgnoreUnknown=0", false)]
    [InlineData("IgnoreUnknown=false", false)]
    public void Flag_is_read_as_runtimes_write_it(string text, bool expected)
    {
        Assert.True(CniArguments.TryParse(text, out var arguments, out _));
        Assert.Equal(expected, arguments.IgnoresUnknown);
    }

    [Theory]
    [InlineData("IP", "IP")]
    [InlineData("=10.0.0.1", "KEY=VALUE")]
    [InlineData("IP=10.0.0.1;IP=10.0.0.2", "twice")]
    [InlineData("IgnoreUnknown=perhaps", "perhaps")]
    public void What_is_malformed_is_named(string text, string named)
    {
        Assert.False(CniArguments.TryParse(text, out _, out var problem));
        Assert.Contains(named, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_makes_the_parser_do_anything_but_refuse()
    {
        var random = new Random(20261127);
        const string Alphabet = "aK=;IgnoreUnknown1\0\"é\n/.";
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(24)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            if (CniArguments.TryParse(text, out var arguments, out var problem))
            {
                Assert.All(arguments.Keys, key => Assert.Contains(key + "=", text, StringComparison.Ordinal));
            }
            else
            {
                Assert.False(string.IsNullOrEmpty(problem));
            }
        }
    }
}
