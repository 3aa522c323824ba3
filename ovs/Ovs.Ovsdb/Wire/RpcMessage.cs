using System.Buffers;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>A JSON-RPC 1.0 message taken apart without reading what it carries.</summary>
/// <remarks>RFC 7047 §4: members come in any order, so where the payload lies is noted first and read when all is known.</remarks>
internal readonly ref struct RpcMessage
{
    private RpcMessage(long? id, string? method, ReadOnlySequence<byte> rawId, ReadOnlySequence<byte> parameters, ReadOnlySequence<byte> result, ReadOnlySequence<byte> error)
    {
        Id = id;
        Method = method;
        RawId = rawId;
        Parameters = parameters;
        Result = result;
        Error = error;
    }

    /// <summary>The id of a reply to us; all our ids are numbers.</summary>
    internal long? Id { get; }

    /// <summary>Null in a reply.</summary>
    internal string? Method { get; }

    internal ReadOnlySequence<byte> RawId { get; }

    internal ReadOnlySequence<byte> Parameters { get; }

    internal ReadOnlySequence<byte> Result { get; }

    /// <summary>Empty when absent or null.</summary>
    internal ReadOnlySequence<byte> Error { get; }

    internal static RpcMessage Parse(ReadOnlySequence<byte> frame)
    {
        long? id = null;
        string? method = null;
        ReadOnlySequence<byte> rawId = default, parameters = default, result = default, error = default;
        var reader = new Utf8JsonReader(frame);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("method"u8))
            {
                reader.Read();
                method = Atom.Text.Read(ref reader);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                id = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : null;
                rawId = TakeValue(ref reader, frame);
            }
            else if (reader.ValueTextEquals("params"u8))
            {
                reader.Read();
                parameters = TakeValue(ref reader, frame);
            }
            else if (reader.ValueTextEquals("result"u8))
            {
                reader.Read();
                result = TakeValue(ref reader, frame);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                error = reader.TokenType == JsonTokenType.Null ? default : TakeValue(ref reader, frame);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new(id, method, rawId, parameters, result, error);
    }

    private static ReadOnlySequence<byte> TakeValue(ref Utf8JsonReader reader, ReadOnlySequence<byte> frame)
    {
        var start = reader.TokenStartIndex;
        reader.Skip();
        return frame.Slice(start, reader.BytesConsumed - start);
    }
}
