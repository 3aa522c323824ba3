using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// A JSON string with the value's canonical text, as a value and as a property name. Text that does not parse is a
/// <see cref="JsonException"/> whose message names the text and what is wrong with it.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
public sealed class TextValueJsonConverter<T> : JsonConverter<T>
    where T : struct, ITextValue<T>
{
    private const int LongestOnStack = 256;

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? ReadText(ref reader)
            : throw new JsonException($"Expected a string with {T.Noun}, found {reader.TokenType}.");

    /// <inheritdoc/>
    public override T ReadAsPropertyName(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadText(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        Span<byte> buffer = stackalloc byte[T.MaxTextLength];
        writer.WriteStringValue(Format(value, buffer));
    }

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        Span<byte> buffer = stackalloc byte[T.MaxTextLength];
        writer.WritePropertyName(Format(value, buffer));
    }

    private static T ReadText(ref Utf8JsonReader reader)
    {
        var bytes = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (bytes > LongestOnStack)
            return Parse(reader.GetString());
        Span<char> buffer = stackalloc char[LongestOnStack];
        return Parse(buffer[..reader.CopyString(buffer)]);
    }

    private static T Parse(ReadOnlySpan<char> text) =>
        T.TryParse(text, out var value, out var problem)
            ? value
            : throw new JsonException(TextValue.Describe<T>(text, problem));

    private static ReadOnlySpan<byte> Format(T value, Span<byte> buffer) =>
        value.TryFormat(buffer, out var written, default, null) && written > 0
            ? buffer[..written]
            : throw new JsonException($"An unset {typeof(T).Name} has no text.");
}
