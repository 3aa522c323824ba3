using Fabric.ApiServer.Selectors;

namespace Fabric.ApiServer.Tests.Selectors;

public sealed class SelectorTests
{
    private static readonly Dictionary<string, string> Labels = new(StringComparer.Ordinal) { ["app"] = "web", ["tier"] = "", ["n"] = "5", ["example.com/x"] = "y" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app!=web", false)]
    [InlineData("none!=web", true)]
    [InlineData("tier=", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("app in (db, web)", true)]
    [InlineData("app notin (db,web)", false)]
    [InlineData("n>4,n<6", true)]
    [InlineData("n>5", false)]
    [InlineData("example.com/x=y, app = web", true)]
    public void Labels_are_selected(string selector, bool selected) => Assert.Equal(selected, LabelSelector.Parse(selector).Matches(Labels));

    [Theory]
    [InlineData("=a")]
    [InlineData("a=b,")]
    [InlineData("a in b")]
    [InlineData("a in (")]
    [InlineData("a b")]
    [InlineData("a=b=c")]
    [InlineData("-a=b")]
    [InlineData("n>x")]
    [InlineData("a/b/c")]
    public void Malformed_label_selectors_are_refused(string selector) => Assert.Throws<FormatException>(() => LabelSelector.Parse(selector));

    [Theory]
    [InlineData("metadata.name=a", true)]
    [InlineData("metadata.name!=a", false)]
    [InlineData("metadata.name==a,spec.x=b\\,c", true)]
    [InlineData("spec.x=", false)]
    public void Fields_are_selected(string selector, bool selected)
        => Assert.Equal(selected, FieldSelector.Parse(selector, ["spec.x"]).Matches(new Dictionary<string, string>(StringComparer.Ordinal) { ["metadata.name"] = "a", ["spec.x"] = "b,c" }));

    [Fact]
    public void A_field_that_cannot_be_selected_on_is_named()
        => Assert.Equal("field label not supported: spec.y", Assert.Throws<FormatException>(() => FieldSelector.Parse("spec.y=1", ["spec.x"])).Message);
}
