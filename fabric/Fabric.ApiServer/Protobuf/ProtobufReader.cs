using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Protobuf;

/// <summary>Reads one protobuf message into JSON by its description. Unknown fields are left out, as protobuf asks.</summary>
/// <remarks>https://protobuf.dev/programming-guides/encoding/</remarks>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes)
{
    private const int MaxDepth = 20;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <exception cref="FormatException">Cut off or malformed.</exception>
    public static JsonObject Read(ReadOnlySpan<byte> bytes, ProtobufMessage message, int depth = 0)
    {
        if (depth > MaxDepth) throw new FormatException("protobuf: nested too deeply");
        var json = new JsonObject();
        var reader = new ProtobufReader(bytes);
        while (!reader._rest.IsEmpty)
        {
            var (number, wireType) = reader.Tag();
            if (wireType == 0)
            {
                var value = reader.Varint();
                if (message.Fields.TryGetValue(number, out var scalar)) json[scalar.Name] = scalar.Kind == FieldKind.Flag ? JsonValue.Create(value != 0) : JsonValue.Create((long)value);
                continue;
            }

            var content = wireType switch
            {
                1 => reader.Take(8),
                2 => reader.Take(checked((int)Math.Min(reader.Varint(), int.MaxValue))),
                5 => reader.Take(4),
                _ => throw new FormatException($"protobuf: wire type {wireType} is not supported"),
            };
            if (wireType == 2 && message.Fields.TryGetValue(number, out var field)) Add(json, field, content, depth);
        }

        return json;
    }

    private static void Add(JsonObject json, ProtobufField field, ReadOnlySpan<byte> content, int depth)
    {
        if (field.Kind is FieldKind.TextMap or FieldKind.BytesMap)
        {
            var entry = Read(content, field.Kind == FieldKind.TextMap ? TextEntry : BytesEntry, depth + 1);
            json.EnsureObject(field.Name)[entry.TextAt("key") ?? ""] = entry.TextAt("value") ?? "";
            return;
        }

        JsonNode? value = field.Kind switch
        {
            FieldKind.Bytes => Convert.ToBase64String(content),
            FieldKind.Time => Time(content, depth),
            FieldKind.Message => Read(content, field.Message!, depth + 1),
            FieldKind.Text => Text(content),
            _ => throw new FormatException($"protobuf: field {field.Name} has the wrong wire type"),
        };
        if (!field.Repeated) json[field.Name] = value;
        else if (json[field.Name] is JsonArray list) list.Add(value);
        else json[field.Name] = new JsonArray(value);
    }

    private static ProtobufMessage TextEntry { get; } = new(new Dictionary<int, ProtobufField> { [1] = new("key", FieldKind.Text), [2] = new("value", FieldKind.Text) });

    private static ProtobufMessage BytesEntry { get; } = new(new Dictionary<int, ProtobufField> { [1] = new("key", FieldKind.Text), [2] = new("value", FieldKind.Bytes) });

    private static ProtobufMessage TimeMessage { get; } = new(new Dictionary<int, ProtobufField> { [1] = new("seconds", FieldKind.Integer) });

    /// <summary>The zero time is what clients send for "not set".</summary>
    private static string? Time(ReadOnlySpan<byte> content, int depth)
        => Read(content, TimeMessage, depth + 1).IntegerAt("seconds") is > 0 and < 253_402_300_800 and var seconds
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : null;

    private static string Text(ReadOnlySpan<byte> content)
    {
        try
        {
            return new UTF8Encoding(false, true).GetString(content);
        }
        catch (ArgumentException e)
        {
            throw new FormatException("protobuf: text is not UTF-8", e);
        }
    }

    private (int Number, int WireType) Tag()
    {
        var tag = Varint();
        return ((int)Math.Min(tag >> 3, int.MaxValue), (int)(tag & 7));
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_rest.IsEmpty) throw new FormatException("protobuf: cut off");
            var next = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        throw new FormatException("protobuf: a number is too long");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length) throw new FormatException("protobuf: cut off");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
