using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Protobuf;
using Fabric.ApiServer.Yaml;
using Microsoft.AspNetCore.Http;

namespace Fabric.ApiServer.Requests;

/// <summary>Reads what clients send.</summary>
internal static class RequestBody
{
    /// <summary>As Kubernetes' API server: 3 MiB.</summary>
    public const int MaxBytes = 3 << 20;

    /// <summary>Bodies up to this size are read to their end before they are refused; longer ones end the connection.</summary>
    public const int MaxDrainedBytes = 64 << 20;

    /// <summary>Editors on Windows write it; it says nothing (RFC 8259 §8.1 lets readers pass over it).</summary>
    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    /// <exception cref="StatusException">413 when it is too large.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > MaxBytes) await RefuseAsync(request, cancellationToken);
        var content = new ArrayBufferWriter<byte>((int)(request.ContentLength ?? 0) + 1);
        while (true)
        {
            var read = await request.Body.ReadAsync(content.GetMemory(4096), cancellationToken);
            if (read == 0) return content.WrittenMemory;
            content.Advance(read);
            if (content.WrittenCount > MaxBytes) await RefuseAsync(request, cancellationToken);
        }
    }

    /// <summary>Reads on without keeping anything: a client that is still sending would not see an earlier answer.</summary>
    private static async Task RefuseAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        await request.Body.CopyToAsync(Stream.Null, cancellationToken);
        throw StatusException.TooLarge(MaxBytes);
    }

    /// <summary>JSON, or YAML when the content type says so.</summary>
    /// <exception cref="StatusException">400 or 415, saying what is wrong.</exception>
    public static JsonNode Parse(ReadOnlyMemory<byte> body, string contentType)
    {
        if (body.Span.StartsWith(ByteOrderMark)) body = body[ByteOrderMark.Length..];
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty) throw StatusException.BadRequest("the body of the request is empty");
        try
        {
            return contentType switch
            {
                MediaType.Json or MediaType.JsonPatch or MediaType.MergePatch or MediaType.StrategicMergePatch => JsonBody.Parse(body.Span),
                MediaType.Yaml or "application/x-yaml" or "text/yaml" or MediaType.ApplyPatch => YamlReader.ReadOne(Utf8(body.Span)),
                KubernetesProtobuf.MediaType => KubernetesProtobuf.Decode(body.Span) ?? throw Unsupported(),
                _ => throw Unsupported(),
            } ?? throw StatusException.BadRequest("the body of the request is empty");
        }
        catch (JsonException e)
        {
            // Lines are counted from 1 by people, and by the editors they use.
            var place = e.LineNumber is { } line ? $"json: line {line + 1}, byte {e.BytePositionInLine + 1}" : "json";
            throw StatusException.BadRequest($"the body of the request could not be read: {place}: {e.Message.Split(" LineNumber:")[0]}");
        }
        catch (FormatException e)
        {
            throw StatusException.BadRequest($"the body of the request could not be read: {e.Message}");
        }
    }

    /// <exception cref="StatusException">400: not an object.</exception>
    public static JsonObject ParseObject(ReadOnlyMemory<byte> body, string contentType)
        => Parse(body, contentType) as JsonObject ?? throw StatusException.BadRequest("the body of the request must be an object");

    private static StatusException Unsupported()
        => StatusException.UnsupportedMediaType($"the body of the request was in an unknown format - accepted media types include: {MediaType.Json}, {MediaType.Yaml}");

    private static string Utf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return new UTF8Encoding(false, true).GetString(bytes);
        }
        catch (ArgumentException e)
        {
            throw new FormatException("not UTF-8", e);
        }
    }
}
