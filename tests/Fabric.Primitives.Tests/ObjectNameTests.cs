namespace Fabric.Primitives.Tests;

public class ObjectNameTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("0", true)]
    [InlineData("web-0", true)]
    [InlineData("vm.web.eth0", false)]
    [InlineData("a--b", true)]
    public void Subdomains_are_names_and_those_without_dots_labels(string text, bool label)
    {
        var name = ObjectName.Parse(text);
        Assert.Equal((text, label), (name.ToString(), name.IsLabel));
    }

    [Fact]
    public void The_longest_names_have_253_and_the_longest_labels_63_characters()
    {
        Assert.True(ObjectName.Parse(new string('a', 63)).IsLabel);
        Assert.False(ObjectName.Parse(new string('a', 64)).IsLabel);
        Assert.True(ObjectName.TryParse(new string('a', 253), out _));
        Assert.False(ObjectName.TryParse(new string('a', 254), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("a_b")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("a.-b")]
    [InlineData("a-.b")]
    [InlineData("ä")]
    [InlineData("a b")]
    [InlineData("a/b")]
    public void Anything_else_is_refused_with_the_rule(string text)
    {
        var outcome = Outcome.Parse<ObjectName>(text, "metadata.name");
        Assert.Equal("metadata.name", outcome.Refusal?.Field);
        Assert.StartsWith(
            $"'{text}' is not a Kubernetes object name: it must be 1 to 253 lower-case letters, digits, '-' and '.'",
            outcome.Refusal?.Message, StringComparison.Ordinal);
        Assert.NotNull(ObjectName.CheckLabel(text));
    }

    [Fact]
    public void A_label_has_no_dot() => Assert.Contains("1 to 63", ObjectName.CheckLabel("a.b"), StringComparison.Ordinal);

    [Fact]
    public void Default_is_no_name()
    {
        Assert.Equal("", default(ObjectName).ToString());
        Assert.False(default(ObjectName).IsValid || default(ObjectName).IsLabel);
    }
}
