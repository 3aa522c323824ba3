using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

internal sealed class EquatableMapJsonConverter<TKey, TValue> : JsonConverter<EquatableMap<TKey, TValue>>
    where TKey : notnull, IComparable<TKey>
{
    public override bool HandleNull => true;

    public override EquatableMap<TKey, TValue> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return default;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException($"Expected an object, found {reader.TokenType}.");
        var (keys, values) = (ItemJson<TKey>.Converter(options), ItemJson<TValue>.Converter(options));
        // The last of equal names wins, as in every other object that System.Text.Json reads.
        var entries = new Dictionary<TKey, TValue>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = keys.ReadAsPropertyName(ref reader, typeof(TKey), options);
            reader.Read();
            entries[key] = ItemJson<TValue>.Read(values, ref reader, options);
        }
        return entries.ToEquatableMap();
    }

    public override void Write(Utf8JsonWriter writer, EquatableMap<TKey, TValue> value, JsonSerializerOptions options)
    {
        var (keys, values) = (ItemJson<TKey>.Converter(options), ItemJson<TValue>.Converter(options));
        writer.WriteStartObject();
        foreach (var (key, item) in value)
        {
            keys.WriteAsPropertyName(writer, key, options);
            values.Write(writer, item, options);
        }
        writer.WriteEndObject();
    }
}
