using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Patching;
using Fabric.ApiServer.Printing;
using Fabric.ApiServer.Protobuf;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Selectors;
using Fabric.ApiServer.Writing;
using Fabric.ApiServer.Yaml;

namespace Fabric.ApiServer.Tests.Requests;

/// <summary>Bytes from outside may be refused, never crash or hang. The seed is fixed, so a failure repeats.</summary>
public sealed class FuzzTests
{
    private const int Rounds = 6_000;

    private static readonly ResourceDefinition Widget = ResourceCatalog.Load([TestServer.Crds]).ByName("widgets.test.example.com")!;

    [Fact]
    public void Selectors_are_parsed_or_refused() => Fuzz(
        ["a=b,c!=d", "x in (a, b),!y", "a/b notin (c)", "n>3,m<4", "metadata.name=a\\,b,x==y", "(),=!<>"],
        text =>
        {
            LabelSelector.Parse(text).Matches(ImmutableDictionary<string, string>.Empty.Add("a", "1"));
            FieldSelector.Parse(text, ["a", "x"]).Matches(ImmutableDictionary<string, string>.Empty);
        },
        typeof(FormatException));

    [Fact]
    public void Json_paths_are_parsed_or_refused() => Fuzz(
        [".status.conditions[?(@.type==\"Ready\")].status", "{.a['b'][0][*].c}", ".metadata.annotations.a\\.b/c", "$.a[-1]", "[?(@.x>=3)]"],
        text => JsonPath.Parse(text).Select(JsonNode.Parse("""{"status":{"conditions":[{"type":"Ready","status":"True"}]},"a":[1,{"b":2}]}""")),
        typeof(FormatException));

    [Fact]
    public void Continue_tokens_are_read_or_refused() => Fuzz(
        [new ContinueToken(5, "ns", "name").Encode(), "e30", "////", "_-_-"],
        text => ContinueToken.Decode(text),
        typeof(StatusException));

    [Fact]
    public void Yaml_is_read_or_refused() => Fuzz(
        ["a: 1\nb: [x, {y: z}]\n", "- &x {a: *x}\n- *x\n", "a: |\n  text\n  more\nb: >-\n  folded\n", "? {a: b}\n: c\n", "%YAML 1.2\n---\n!!str 5\n...\n", "a: 0x1F\nb: 0o7\nc: 1e3\nd: .5\ne: -\n", "<<: {a: b}\nc: 'd''e'\nf: \"\\u00e9\"\n"],
        text => YamlReader.ReadAll(text),
        typeof(FormatException));

    [Fact]
    public void Patches_are_applied_or_refused() => Fuzz(
        [
            """[{"op":"add","path":"/spec/tags/-","value":"x"},{"op":"move","from":"/spec/size","path":"/spec/order/0"},{"op":"copy","from":"/spec","path":"/spec/free"}]""",
            """[{"op":"remove","path":"/spec/parts/0/name"},{"op":"test","path":"/a~1b/~0","value":null}]""",
            """{"spec":{"parts":[{"name":"p","$patch":"delete"}],"$setElementOrder/parts":[{"name":"q"}],"$deleteFromPrimitiveList/tags":["s"],"$retainKeys":["parts"]}}""",
            """{"metadata":{"name":"\ud83d\ude00","labels":{"\udc00":"\u0000"}},"spec":{"note":"\ud800x"}}""",
            """{"metadata":{"labels":null,"finalizers":["a/b"]},"spec":{"free":{"$patch":"replace","x":[1,2]}},"status":3}""",
        ],
        text =>
        {
            if (JsonBody.Parse(Encoding.UTF8.GetBytes(text)) is not { } patch) return;
            Try(() => JsonPatch.Apply(Sample(), patch));
            if (patch is not JsonObject map) return;
            Try(() => MergePatch.Apply(Sample(), map));
            Try(() => StrategicMergePatch.Apply(Sample(), map, Widget.Schema));
            var changed = Sample();
            MergePatch.Apply(changed, map);
            Try(() => ObjectNormalizer.Normalize(Widget, changed, FieldValidation.Warn, []));
            Try(() => new ServerSideApply(Widget, new WriteOptions(false, FieldValidation.Warn, "m", true), null, TimeProvider.System).Merge(Sample(), changed));
        },
        typeof(JsonException));

    [Fact]
    public void Protobuf_is_read_or_refused()
    {
        byte[] sample = [.. "k8s\0"u8, 0x0a, 0x0f, 0x0a, 0x02, (byte)'v', (byte)'1', 0x12, 0x09, .. "Namespace"u8, 0x12, 0x07, 0x0a, 0x05, 0x0a, 0x03, (byte)'f', (byte)'o', (byte)'o', 0x1a, 0x00, 0x22, 0x00];
        Assert.Equal("foo", KubernetesProtobuf.Decode(sample)!["metadata"]!["name"]!.GetValue<string>());
        var random = new Random(7);
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = sample.ToArray();
            for (var change = random.Next(1, 5); change > 0; change--)
                bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            try
            {
                KubernetesProtobuf.Decode(bytes.AsSpan(0, random.Next(4, bytes.Length + 1)));
            }
            catch (FormatException)
            {
                // Refused.
            }
        }
    }

    private static JsonObject Sample() => (JsonObject)JsonNode.Parse(TestServer.Widget(
        "a", """{"color":"red","size":1,"tags":["s"],"order":["o"],"parts":[{"name":"p","count":2}],"labels":{"x":"y"}}"""))!;

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is PatchException or StatusException)
        {
            // Refused.
        }
    }

    private static void Fuzz(string[] samples, Action<string> parse, Type refusal)
    {
        var random = new Random(20_26);
        for (var round = 0; round < Rounds; round++)
        {
            var text = Mutate(random, samples);
            try
            {
                parse(text);
            }
            catch (Exception e)
            {
                Assert.True(refusal.IsInstanceOfType(e), $"round {round}: {e}\n--- of:\n{text}");
            }
        }
    }

    /// <summary>A sample with a few characters changed, cut out, doubled, or taken from another sample.</summary>
    private static string Mutate(Random random, string[] samples)
    {
        const string Spice = "\0\t\n \"'\\/[]{}()<>=!,.:;-_*&@#%?$~|^é\ud83d\ude00\ud800019azAZ";
        var text = new StringBuilder(samples[random.Next(samples.Length)]);
        for (var change = random.Next(1, 6); change > 0 && text.Length > 0; change--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(4))
            {
                case 0:
                    text[at] = Spice[random.Next(Spice.Length)];
                    break;
                case 1:
                    text.Remove(at, Math.Min(random.Next(1, 5), text.Length - at));
                    break;
                case 2:
                    text.Insert(at, Spice[random.Next(Spice.Length)]);
                    break;
                default:
                    var other = samples[random.Next(samples.Length)];
                    var from = random.Next(other.Length);
                    text.Insert(at, other.AsSpan(from, random.Next(other.Length - from)));
                    break;
            }
        }

        return text.ToString();
    }
}
