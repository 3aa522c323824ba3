using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Selectors;

/// <summary>An object's labels and the fields that its definition lets select on.</summary>
internal sealed record SelectableAttributes(IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Fields)
{
    public static SelectableAttributes Of(ResourceDefinition definition, StoredObject stored)
    {
        var fields = new Dictionary<string, string>(definition.SelectableFields.Length + 2, StringComparer.Ordinal)
        {
            ["metadata.name"] = stored.Key.Name,
            ["metadata.namespace"] = stored.Key.Namespace,
        };
        foreach (var field in definition.SelectableFields)
            fields[field] = "";
        var found = new Finder(fields);
        var reader = new Utf8JsonReader(stored.Body, new JsonReaderOptions { MaxDepth = JsonBody.MaxDepth });
        reader.Read();
        found.Walk(ref reader, definition.SelectableTree);
        return new SelectableAttributes(found.Labels ?? (IReadOnlyDictionary<string, string>)FrozenDictionary<string, string>.Empty, fields);
    }

    /// <summary>Goes over the bytes once and reads only what is selected on: no tree is built for each change.</summary>
    private sealed class Finder(Dictionary<string, string> fields)
    {
        public Dictionary<string, string>? Labels { get; private set; }

        /// <summary>At the beginning of an object; ends at its end.</summary>
        public void Walk(ref Utf8JsonReader reader, SelectableTree tree)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var below = tree.Below(ref reader);
                reader.Read();
                if (below is null) reader.Skip();
                else if (below.IsLabels) ReadLabels(ref reader);
                else if (below.Field is { } field) fields[field] = Scalar(ref reader);
                else if (reader.TokenType == JsonTokenType.StartObject) Walk(ref reader, below);
                else reader.Skip();
            }
        }

        private void ReadLabels(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                (Labels ??= new Dictionary<string, string>(StringComparer.Ordinal))[name] = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
                reader.Skip();
            }
        }

        private static string Scalar(ref Utf8JsonReader reader)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    return reader.GetString()!;
                case JsonTokenType.Null:
                    return "";
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    reader.Skip();
                    return "";
                default:
                    return Encoding.UTF8.GetString(reader.ValueSpan);
            }
        }
    }
}
