using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Fabric.Primitives;

/// <summary>How one item of a collection is read and written.</summary>
internal static class ItemJson<T>
{
    private static Known? _known;

    /// <summary>
    /// The converter the options know; else, for a type a source-generated context was not told of, the one it names
    /// itself, or the library's for strings.
    /// </summary>
    /// <exception cref="NotSupportedException">There is none: the context must be told of the type.</exception>
    public static JsonConverter<T> Converter(JsonSerializerOptions options)
    {
        // Found by reflection, which would cost more than all else there is to reading a small object.
        if (_known is { } known && known.Options == options)
            return known.Converter;
        var found = Find(options);
        _known = new Known(options, found);
        return found;
    }

    private static JsonConverter<T> Find(JsonSerializerOptions options)
    {
        if (options.TryGetTypeInfo(typeof(T), out var info))
            return (JsonConverter<T>)info.Converter;
        if (typeof(T) == typeof(string))
            return (JsonConverter<T>)(JsonConverter)JsonMetadataServices.StringConverter;
        if (typeof(T).GetCustomAttribute<JsonConverterAttribute>() is { ConverterType: { } type }
            && Activator.CreateInstance(type) is JsonConverter own)
            return (JsonConverter<T>)(own is JsonConverterFactory factory ? factory.CreateConverter(typeof(T), options)! : own);
        throw new NotSupportedException($"The JSON context does not know {typeof(T)}; add [JsonSerializable] for it.");
    }

    public static T Read(JsonConverter<T> converter, ref Utf8JsonReader reader, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null && !converter.HandleNull)
            throw new JsonException("null is not allowed in a collection.");
        return converter.Read(ref reader, typeof(T), options)!;
    }

    /// <summary>The converter last asked for; there is one set of options for each context.</summary>
    private sealed record Known(JsonSerializerOptions Options, JsonConverter<T> Converter);
}
