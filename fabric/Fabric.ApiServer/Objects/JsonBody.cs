using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Fabric.ApiServer.Objects;

/// <summary>Reading and writing of JSON as the server does it everywhere.</summary>
internal static class JsonBody
{
    /// <summary>Nesting that is still read. Kubernetes' own schemas stay below 30.</summary>
    public const int MaxDepth = 100;

    private static readonly JsonDocumentOptions Trusting = new() { MaxDepth = MaxDepth };
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    // Relaxed: the output is never put into HTML, and people read it.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 2 * MaxDepth, SkipValidation = true };

    /// <summary>Bytes that this server wrote: names that occur twice need not be looked for.</summary>
    public static JsonObject ParseTrusted(ReadOnlySpan<byte> utf8) => (JsonObject)JsonNode.Parse(utf8, null, Trusting)!;

    /// <summary>Bytes from outside; null for the literal <c>null</c>.</summary>
    /// <exception cref="JsonException">Malformed, nested too deeply, with a name twice in one object, or with text that is no Unicode.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        // The parser leaves texts as they are until someone reads them; that they can be read is made sure of here.
        if (!Utf8.IsValid(utf8)) throw new JsonException("the text is not UTF-8");
        if (utf8.IndexOf("\\u"u8) >= 0) CheckEscapes(utf8);
        return JsonNode.Parse(utf8, null, Reading);
    }

    public static byte[] Serialize(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        Write(node, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(JsonNode node, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, Writing);
        node.WriteTo(writer);
    }

    /// <summary>Finds escapes that are half of a surrogate pair.</summary>
    private static void CheckEscapes(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) reader.GetString();
            }
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a text has an escape that is no Unicode character", e);
        }
    }

    public static string ToText(JsonNode? node) => node is null ? "null" : System.Text.Encoding.UTF8.GetString(Serialize(node));
}
