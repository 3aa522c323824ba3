using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Primitives.Tests;

public sealed record Rule(string Name, IpPrefix? From, EquatableArray<IpRange> Ranges);

public sealed record Bundle
{
    public EquatableArray<IpAddress> Addresses { get; init; }
    public EquatableArray<Rule> Rules { get; init; }
    public EquatableArray<string> Words { get; init; }
    public EquatableArray<EquatableArray<Mtu>> Nested { get; init; }
    public EquatableArray<IpFamily> Families { get; init; }
    public EquatableMap<string, string> Labels { get; init; }
    public EquatableMap<MacAddress, Rule> ByMac { get; init; }
    public EquatableArray<BitRate>? Rates { get; init; }
    public ObjectName? Owner { get; init; }
}

public sealed record Stranger(int Value);

public sealed record Forgetful(EquatableArray<Stranger> Strangers);

/// <summary>As a project's context is: the records, and only those item types that name no converter of their own.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(Bundle))]
[JsonSerializable(typeof(Rule))]
[JsonSerializable(typeof(IpFamily))]
[JsonSerializable(typeof(Forgetful))]
internal sealed partial class BundleContext : JsonSerializerContext;

public class JsonTests
{
    private const string Text =
        """{"addresses":["10.0.0.1","::1"],"rules":[{"name":"a","from":"10.0.0.0/8","ranges":["10.0.0.1-10.0.0.9"]},{"name":"b"}],"words":["x"],"nested":[[1500],[]],"families":[4],"labels":{"a":"1","b":"2"},"byMac":{"02:00:00:00:00:01":{"name":"c"}},"rates":["100M"],"owner":"vm.web"}""";

    private static readonly Bundle Full = new()
    {
        Addresses = [IpAddress.Parse("10.0.0.1"), IpAddress.Parse("::1")],
        Rules =
        [
            new Rule("a", IpPrefix.Parse("10.0.0.0/8"), [IpRange.Parse("10.0.0.1-10.0.0.9")]),
            new Rule("b", null, []),
        ],
        Words = ["x"],
        Nested = [[new Mtu(1500)], []],
        Families = [IpFamily.V4],
        Labels = [new("b", "2"), new("a", "1")],
        ByMac = [new(MacAddress.Parse("02:00:00:00:00:01"), new Rule("c", null, []))],
        Rates = [BitRate.Parse("100M")],
        Owner = ObjectName.Parse("vm.web"),
    };

    [Fact]
    public void A_source_generated_context_writes_and_reads_collections_of_values_and_records()
    {
        Assert.Equal(Text, JsonSerializer.Serialize(Full, BundleContext.Default.Bundle));
        Assert.Equal(Full, JsonSerializer.Deserialize(Text, BundleContext.Default.Bundle));
    }

    private static readonly JsonSerializerOptions SmallBuffers =
        new(BundleContext.Default.Options) { DefaultBufferSize = 16 };

    [Fact]
    public async Task A_stream_in_small_pieces_is_read_alike()
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Text));
        Assert.Equal(Full, await JsonSerializer.DeserializeAsync<Bundle>(stream, SmallBuffers));
    }

    [Fact]
    public void Reflection_plays_no_part_in_the_context() =>
        Assert.Same(BundleContext.Default, BundleContext.Default.Options.TypeInfoResolver);

    [Fact]
    public void Empty_collections_are_left_out_and_missing_and_null_ones_are_empty()
    {
        Assert.Equal("{}", JsonSerializer.Serialize(new Bundle(), BundleContext.Default.Bundle));
        Assert.Equal(new Bundle(), JsonSerializer.Deserialize("{}", BundleContext.Default.Bundle));
        Assert.Equal(new Bundle(), JsonSerializer.Deserialize(
            """{"addresses":null,"rules":[],"labels":null,"byMac":{}}""", BundleContext.Default.Bundle));
    }

    [Theory]
    [InlineData("""{"addresses":["10.0.0.256"]}""", "'10.0.0.256' is not an IP address: an octet is larger than 255.")]
    [InlineData("""{"addresses":[null]}""", "null is not allowed in a collection")]
    [InlineData("""{"addresses":[7]}""", "Expected a string with an IP address, found Number")]
    [InlineData("""{"addresses":"10.0.0.1"}""", "Expected an array, found String")]
    [InlineData("""{"labels":["a"]}""", "Expected an object, found StartArray")]
    [InlineData("""{"labels":{"a":null}}""", "null is not allowed in a collection")]
    [InlineData("""{"byMac":{"nonsense":{}}}""", "'nonsense' is not a MAC address")]
    [InlineData("""{"rules":[{"from":"10.0.0.1/8"}]}""", "it has host bits, the network is 10.0.0.0/8")]
    public void Json_of_another_shape_is_refused_with_its_reason(string json, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, BundleContext.Default.Bundle)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Escapes_and_very_long_strings_are_read()
    {
        Assert.Equal(IpAddress.Parse("10.0.0.1"), JsonSerializer.Deserialize<IpAddress>("\"10\\u002e0.0.1\""));
        var json = $"\"{new string('7', 5000)}\"";
        Assert.InRange(Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<IpAddress>(json)).Message.Length, 80, 300);
    }

    [Fact]
    public void An_unset_value_is_not_written()
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Serialize(default(IpAddress)));
        Assert.Throws<JsonException>(() => JsonSerializer.Serialize(default(IpPrefix)));
        Assert.Throws<JsonException>(() => JsonSerializer.Serialize(default(Mtu)));
        Assert.Equal("\"00:00:00:00:00:00\"", JsonSerializer.Serialize(default(MacAddress)));
    }

    [Fact]
    public void A_context_that_was_not_told_of_an_item_says_which()
    {
        var exception = Assert.Throws<NotSupportedException>(
            () => JsonSerializer.Deserialize("""{"strangers":[{}]}""", BundleContext.Default.Forgetful));
        Assert.Contains(nameof(Stranger), exception.Message, StringComparison.Ordinal);
    }
}
