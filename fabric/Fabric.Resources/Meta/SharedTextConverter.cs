using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Resources;

/// <summary>
/// Reads text so that what many objects say is mostly kept once: a hundred thousand Nics have one kind, few nodes and the same
/// conditions. What is not repeated costs a look into a table, and what has the same place in it takes turns.
/// </summary>
internal sealed class SharedTextConverter : JsonConverter<string>
{
    /// <summary>In bytes; longer texts are rarely repeated.</summary>
    private const int Longest = 64;

    /// <summary>A power of two, above the number of nodes and subnets that are expected.</summary>
    private const int Places = 1 << 14;

    // Of strings, which never change: whichever thread's is kept is right.
    private static readonly string?[] Known = new string?[Places];

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader)!;

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    private static string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan.Length > Longest)
            return reader.GetString();
        var hash = new HashCode();
        hash.AddBytes(reader.ValueSpan);
        ref var known = ref Known[hash.ToHashCode() & (Places - 1)];
        return known is { } text && Ascii.Equals(reader.ValueSpan, text) ? text : known = reader.GetString();
    }
}
