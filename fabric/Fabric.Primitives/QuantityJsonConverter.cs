using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>A value as a Kubernetes quantity: written as a string, read from a string or number.</summary>
public sealed class QuantityJsonConverter<T> : JsonConverter<T>
    where T : struct, ITextValue<T>
{
    private static readonly TextValueJsonConverter<T> Text = new();

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number)
            return Text.Read(ref reader, typeToConvert, options);
        // The digits themselves, because 1e30 or 0.5 must get the same answer as in a string.
        var digits = Encoding.ASCII.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        return T.TryParse(digits, out var value, out var problem)
            ? value
            : throw new JsonException(TextValue.Describe<T>(digits, problem));
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        Text.Write(writer, value, options);
}
