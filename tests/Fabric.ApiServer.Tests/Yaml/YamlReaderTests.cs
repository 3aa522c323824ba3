using Fabric.ApiServer.Yaml;

namespace Fabric.ApiServer.Tests.Yaml;

public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: '1'", """{"a":"1"}""")]
    [InlineData("a: 1.5\nb: 1e3\nc: -7\nd: 0x10\ne: 0o17", """{"a":1.5,"b":1000,"c":-7,"d":16,"e":15}""")]
    [InlineData("a: yes\nb: Off\nc: \"yes\"", """{"a":true,"b":false,"c":"yes"}""")]
    [InlineData("a: ~\nb:\nc: null", """{"a":null,"b":null,"c":null}""")]
    [InlineData("a: 10.0.0.0/24\nb: 00:11:22:33:44:55", """{"a":"10.0.0.0/24","b":"00:11:22:33:44:55"}""")]
    [InlineData("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2", """{"a":{"b":1},"c":{"b":1},"d":{"b":1,"e":2}}""")]
    [InlineData("a: |\n  one\n  two\n", """{"a":"one\ntwo\n"}""")]
    public void Scalars_become_what_Kubernetes_makes_of_them(string yaml, string json) => Assert.Equal(json, YamlReader.ReadOne(yaml).ToJsonString());

    [Fact]
    public void Several_documents_are_read_and_empty_ones_left_out() => Assert.Equal(2, YamlReader.ReadAll("---\na: 1\n---\n---\nb: 2\n").Count);

    [Fact]
    public void Aliases_cannot_blow_up()
    {
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("more than", Assert.Throws<FormatException>(() => YamlReader.ReadOne(bomb)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: 1\na: 2", "already set")]
    [InlineData("a: [", "line")]
    [InlineData("a: *none", "")]
    [InlineData("? [a]\n: b", "keys")]
    public void What_is_wrong_is_said(string yaml, string part) => Assert.Contains(part, Assert.Throws<FormatException>(() => YamlReader.ReadOne(yaml)).Message, StringComparison.Ordinal);

    [Fact]
    public void Depth_is_bounded() => Assert.Throws<FormatException>(() => YamlReader.ReadOne(new string('[', 5000) + new string(']', 5000)));
}
