using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Tests.Definitions;

public sealed class SelectableFieldsTests
{
    private static readonly SchemaNode Schema = SchemaNode.Of((JsonObject)JsonNode.Parse("""
        {"type":"object","properties":{"spec":{"type":"object","properties":{
          "a":{"type":"string"},"b":{"type":"integer"},"c":{"type":"boolean"},"d":{"type":"number"},"e":{"type":"array","items":{"type":"string"}}}}}}
        """)!);

    [Fact]
    public void Texts_integers_and_booleans_can_be_selected_on()
        => Assert.Equal(["spec.a", "spec.b", "spec.c"], SelectableFields.Read(Version(".spec.a", ".spec.b", ".spec.c"), Schema));

    [Theory]
    [InlineData("spec.a", "must begin with a dot")]
    [InlineData(".spec.d", "must be a string, integer or boolean")]
    [InlineData(".spec.e", "must be a string, integer or boolean")]
    [InlineData(".spec.e[0]", "is not in the schema")]
    [InlineData(".spec", "must be a string, integer or boolean")]
    [InlineData(".spec.z", "is not in the schema")]
    [InlineData(".metadata.name", "always selectable")]
    public void Other_fields_are_refused_with_the_reason(string path, string why)
    {
        var refusal = Assert.Throws<FormatException>(() => SelectableFields.Read(Version(path), Schema)).Message;
        Assert.Contains(why, refusal, StringComparison.Ordinal);
        Assert.Contains(path, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_may_be_named_once()
        => Assert.Contains("twice", Assert.Throws<FormatException>(() => SelectableFields.Read(Version(".spec.a", ".spec.a"), Schema)).Message, StringComparison.Ordinal);

    private static JsonObject Version(params string[] paths)
        => new() { ["selectableFields"] = new JsonArray([.. paths.Select(p => (JsonNode)new JsonObject { ["jsonPath"] = p })]) };
}
