using System.Buffers;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>Reads the answers to requests. RFC 7047 §4.1.3 and §3.1, <c>&lt;error&gt;</c>.</summary>
internal static class TransactionReply
{
    /// <summary>
    /// One element for each operation. An operation that failed has an <c>error</c> and those after it are null; when the
    /// operations passed and the commit failed, as on a violated index, an element more than there are operations says so.
    /// </summary>
    internal static IReadOnlyList<OperationResult> Read(ref Utf8JsonReader reader, IReadOnlyList<Operation> operations)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Atom.Unexpected("an array of results", reader.TokenType);
        }

        var results = new List<OperationResult>(operations.Count);
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Atom.Unexpected("a result", reader.TokenType);
            }

            results.Add(ReadOne(ref reader, operations, index));
        }

        return results.Count >= operations.Count
            ? results.GetRange(0, operations.Count)
            : throw OvsdbException.Protocol($"The server answered {results.Count} of {operations.Count} operations.");
    }

    internal static OvsdbException ReadError(string method, ReadOnlySequence<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.String)
        {
            return OvsdbException.Refused(method, root.GetString()!, null);
        }

        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String
            ? OvsdbException.Refused(method, error.GetString()!, TextOf(root, "details"))
            : OvsdbException.Refused(method, root.GetRawText(), null);
    }

    private static OperationResult ReadOne(ref Utf8JsonReader reader, IReadOnlyList<Operation> operations, int index)
    {
        long count = 0;
        Guid? uuid = null;
        JsonElement? rows = null;
        string? error = null, details = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("count"u8))
            {
                reader.Read();
                count = Atom.Integer.Read(ref reader);
            }
            else if (reader.ValueTextEquals("uuid"u8))
            {
                reader.Read();
                uuid = Atom.Uuid.Read(ref reader).Uuid;
            }
            else if (reader.ValueTextEquals("rows"u8))
            {
                reader.Read();
                rows = JsonElement.ParseValue(ref reader);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                error = Atom.Text.Read(ref reader);
            }
            else if (reader.ValueTextEquals("details"u8))
            {
                reader.Read();
                details = Atom.Text.Read(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return error is null ? new(count, uuid, rows) : throw OvsdbException.OperationFailed(operations, index, error, details);
    }

    private static string? TextOf(JsonElement element, string property) =>
        element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
