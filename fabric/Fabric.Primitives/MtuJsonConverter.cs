using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>An <see cref="Mtu"/> as a JSON number of bytes.</summary>
public sealed class MtuJsonConverter : JsonConverter<Mtu>
{
    /// <inheritdoc/>
    public override Mtu Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number)
            throw new JsonException($"Expected a number with {Mtu.Noun}, found {reader.TokenType}.");
        if (reader.TryGetInt32(out var bytes) && bytes is >= Mtu.MinBytes and <= Mtu.MaxBytes)
            return new Mtu(bytes);
        using var number = JsonDocument.ParseValue(ref reader);
        throw new JsonException(
            $"{number.RootElement} is not {Mtu.Noun}: it is not from {Mtu.MinBytes} to {Mtu.MaxBytes} bytes.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Mtu value, JsonSerializerOptions options)
    {
        if (!value.IsValid)
            throw new JsonException($"An unset {nameof(Mtu)} has no number.");
        writer.WriteNumberValue(value.Bytes);
    }
}
