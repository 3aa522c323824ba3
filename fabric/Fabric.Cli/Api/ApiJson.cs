using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Api;

/// <summary>Reads and writes the API's JSON where its kinds are not known.</summary>
internal static class ApiJson
{
    // What the embedded server stores at most, with the list and the watch event around it.
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 128 };

    /// <exception cref="CommandFailure">It is not a JSON object.</exception>
    public static JsonObject Parse(string path, ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonNode.Parse(body.Span, null, Reading) as JsonObject ?? throw new JsonException("not an object");
        }
        catch (JsonException e)
        {
            throw new CommandFailure($"{path}: the server's answer cannot be read: {e.Message}");
        }
    }

    /// <summary>As it is sent.</summary>
    public static byte[] Bytes(JsonNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            node.WriteTo(writer);
        return stream.ToArray();
    }

    /// <summary>A text as JSON quotes it, so that nothing in it is hidden.</summary>
    public static string Quote(string text) => System.Text.Encoding.UTF8.GetString(Bytes(JsonValue.Create(text)));

    /// <summary>The text at a path of names; null where there is none.</summary>
    public static string? TextAt(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
            node = (node as JsonObject)?[step];
        return node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
    }

    /// <summary>The name of an object; empty where it has none.</summary>
    public static string NameOf(JsonNode? @object) => @object.TextAt("metadata", "name") ?? "";
}
