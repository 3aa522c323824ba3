using System.Text.Json.Nodes;
using Fabric.ApiServer.Patching;

namespace Fabric.ApiServer.Tests.Patching;

public sealed class PatchTests
{
    /// <summary>Cases of RFC 7386 Appendix A whose target and result are objects.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Merge_patch_does_as_the_RFC_says(string target, string patch, string result)
    {
        var json = (JsonObject)JsonNode.Parse(target)!;
        MergePatch.Apply(json, (JsonObject)JsonNode.Parse(patch)!);
        Assert.Equal(result, json.ToJsonString());
    }

    /// <summary>Cases of RFC 6902 Appendix A.</summary>
    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("""{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("""{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("""{"foo":{"bar":"baz","waldo":"fred"},"qux":{}}""", """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""", """{"foo":{"bar":"baz"},"qux":{"thud":"fred"}}""")]
    [InlineData("""{"foo":["all","grass","cows","eat"]}""", """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""", """{"foo":["all","cows","eat","grass"]}""")]
    [InlineData("""{"/":9,"~1":10}""", """[{"op":"test","path":"/~01","value":10}]""", """{"/":9,"~1":10}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc"]}]""", """{"foo":["bar",["abc"]]}""")]
    public void Json_patch_does_as_the_RFC_says(string target, string patch, string result)
    {
        var json = (JsonObject)JsonNode.Parse(target)!;
        JsonPatch.Apply(json, JsonNode.Parse(patch)!);
        Assert.Equal(result, json.ToJsonString());
    }

    [Theory]
    [InlineData("""[{"op":"add","path":"/baz/bat","value":"qux"}]""", false)]
    [InlineData("""[{"op":"replace","path":"/none","value":1}]""", false)]
    [InlineData("""[{"op":"remove","path":"/foo/7"}]""", false)]
    [InlineData("""[{"op":"test","path":"/foo","value":1}]""", false)]
    [InlineData("""[{"op":"add","path":"no-slash","value":1}]""", true)]
    [InlineData("""[{"op":"dance","path":"/foo"}]""", true)]
    [InlineData("""[{"op":"move","from":"/foo","path":"/foo/0"}]""", true)]
    [InlineData("{}", true)]
    public void A_json_patch_that_cannot_be_applied_says_why(string patch, bool isMalformed)
    {
        var refusal = Assert.Throws<PatchException>(() => JsonPatch.Apply((JsonObject)JsonNode.Parse("""{"foo":["bar"]}""")!, JsonNode.Parse(patch)!));
        Assert.Equal(isMalformed, refusal.IsMalformed);
    }

    [Fact]
    public void Copies_cannot_grow_an_object_without_bound()
    {
        var bomb = "[" + string.Join(',', Enumerable.Range(0, 60).Select(i => $$"""{"op":"copy","from":"/a","path":"/a/c{{i}}"}""")) + "]";
        Assert.Throws<PatchException>(() => JsonPatch.Apply((JsonObject)JsonNode.Parse("""{"a":{"b":1}}""")!, JsonNode.Parse(bomb)!));
    }
}
