using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

internal sealed class EquatableArrayJsonConverter<T> : JsonConverter<EquatableArray<T>>
{
    public override bool HandleNull => true;

    public override EquatableArray<T> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return default;
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException($"Expected an array, found {reader.TokenType}.");
        var converter = ItemJson<T>.Converter(options);
        var items = new List<T>();
        try
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                items.Add(ItemJson<T>.Read(converter, ref reader, options));
        }
        catch (JsonException e) when (ItemPath.Note(e, items.Count))
        {
            // Never caught: the filter only notes where it was.
        }
        return new EquatableArray<T>([.. items]);
    }

    public override void Write(Utf8JsonWriter writer, EquatableArray<T> value, JsonSerializerOptions options)
    {
        var converter = ItemJson<T>.Converter(options);
        writer.WriteStartArray();
        foreach (var item in value)
            converter.Write(writer, item, options);
        writer.WriteEndArray();
    }
}
