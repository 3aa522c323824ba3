using System.Text.Json.Nodes;
using Fabric.ApiServer.Yaml;
using Fabric.Cli.Output;

namespace Fabric.Cli.Tests.Output;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("true")]
    [InlineData("No")]
    [InlineData("~")]
    [InlineData("12")]
    [InlineData("0x1f")]
    [InlineData("1e3")]
    [InlineData(".5")]
    [InlineData("+1")]
    [InlineData("-")]
    [InlineData("10.0.0.1")]
    [InlineData("10.0.0.0/24")]
    [InlineData("2001:db8::1")]
    [InlineData("02:00:00:00:00:07")]
    [InlineData("2026-01-01T00:00:00Z")]
    [InlineData("a: b")]
    [InlineData("# no comment")]
    [InlineData("- no list")]
    [InlineData(" blanks ")]
    [InlineData("two\nlines\n")]
    [InlineData("two\nlines")]
    [InlineData("\n\n")]
    [InlineData("  indented\nless")]
    [InlineData("trailing \nblank")]
    [InlineData("tab\tand \u0001 control")]
    [InlineData("quote ' and \" and \\")]
    [InlineData("ümlaut 😀")]
    [InlineData("---")]
    [InlineData("{x}")]
    [InlineData("%x")]
    [InlineData("<<")]
    [InlineData("null")]
    [InlineData("=")]
    public void A_text_is_read_back_as_it_was_also_as_a_key(string text)
    {
        var node = new JsonObject { ["value"] = text, ["list"] = new JsonArray(text, text), ["map"] = new JsonObject { ["k" + text] = text } };
        using var output = new StringWriter();
        YamlText.Write(output, node);
        var back = YamlReader.ReadOne(output.ToString());
        Assert.True(JsonNode.DeepEquals(node, back), output.ToString());
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("two words", "two words")]
    [InlineData("12", "\"12\"")]
    [InlineData("02:00:00:00:00:07", "\"02:00:00:00:00:07\"")]
    public void Quotes_stand_only_where_they_are_needed(string text, string expected)
    {
        using var output = new StringWriter { NewLine = "\n" };
        YamlText.Write(output, new JsonObject { ["a"] = text });
        Assert.Equal($"a: {expected}\n", output.ToString());
    }
}
