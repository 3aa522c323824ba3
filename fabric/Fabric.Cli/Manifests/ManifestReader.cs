using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Yaml;
using Fabric.Cli.Api;

namespace Fabric.Cli.Manifests;

/// <summary>Takes a text apart into documents. Each stands for itself: one that cannot be read leaves the others.</summary>
/// <remarks>Empty documents and nulls are no objects and are left out. Documents are cut at lines that begin with <c>---</c>, as kubectl does; inside a document such a line cannot be YAML.</remarks>
internal static class ManifestReader
{
    private const string Separator = "---";

    public static IEnumerable<Manifest> Read(string source, string text)
    {
        if (text.AsSpan().TrimStart() is not ['{', ..])
            return ReadYaml(source, text).SelectMany(Flatten);
        var json = ReadJson(source, text, out var problem);
        if (problem is null)
            return json.SelectMany(Flatten);

        // YAML may begin with a brace too; what is neither was meant to be JSON.
        var yaml = ReadYaml(source, text).ToArray();
        return yaml.All(document => document.Problem is null) ? yaml.SelectMany(Flatten) : [new Manifest(source, null, problem)];
    }

    /// <summary>JSON objects one after the other.</summary>
    private static List<Manifest> ReadJson(string source, string text, out string? problem)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 128 });
        var documents = new List<Manifest>();
        problem = null;
        try
        {
            while (reader.Read())
            {
                var line = 1 + bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');
                if (JsonNode.Parse(ref reader) is { } document)
                    documents.Add(Of($"{source}, line {line}", document));
            }

        }
        catch (JsonException e)
        {
            problem = $"json: line {e.LineNumber + 1}: {e.Message.Split(" LineNumber:")[0]}";
        }

        return documents;
    }

    private static IEnumerable<Manifest> ReadYaml(string source, string text)
    {
        foreach (var (line, document) in Split(text))
        {
            var where = $"{source}, line {line + 1}";
            IReadOnlyList<JsonNode> nodes = [];
            string? problem = null;
            try
            {
                nodes = YamlReader.ReadAll(document);
            }
            catch (FormatException)
            {
                problem = ProblemAt(line, document);
            }

            if (problem is not null)
                yield return new Manifest(where, null, problem);
            foreach (var node in nodes)
                yield return Of(where, node);
        }
    }

    /// <summary>Reads once more behind as many empty lines as stand before, so that the message has the file's line.</summary>
    private static string ProblemAt(int line, string document)
    {
        try
        {
            YamlReader.ReadAll(new string('\n', line) + document);
            return "yaml: cannot be read";
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>Documents with the number of lines before each; what holds nothing but comments is left out.</summary>
    private static IEnumerable<(int Line, string Text)> Split(string text)
    {
        var start = 0;
        var startLine = 0;
        var line = 0;
        for (var at = 0; at < text.Length; line++)
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            if (IsSeparator(text.AsSpan(at, next - at)))
            {
                if (HasContent(text.AsSpan(start, at - start)))
                    yield return (startLine, text[start..at]);
                start = at;
                startLine = line;
            }

            at = next;
        }

        if (HasContent(text.AsSpan(start)))
            yield return (startLine, text[start..]);
    }

    private static bool IsSeparator(ReadOnlySpan<char> line) =>
        line.StartsWith(Separator, StringComparison.Ordinal) && (line.Length == Separator.Length || char.IsWhiteSpace(line[Separator.Length]));

    private static bool HasContent(ReadOnlySpan<char> document)
    {
        foreach (var line in document.EnumerateLines())
        {
            var trimmed = (IsSeparator(line) ? line[Separator.Length..] : line).Trim();
            if (trimmed.Length > 0 && trimmed[0] is not ('#' or '%') && !trimmed.SequenceEqual("..."))
                return true;
        }

        return false;
    }

    private static Manifest Of(string where, JsonNode? node) => node switch
    {
        JsonObject map => new Manifest(where, map, null),
        null => new Manifest(where, null, "an object is expected, not null"),
        _ => new Manifest(where, null, $"an object is expected, with apiVersion, kind and metadata, not a {(node is JsonArray ? "list" : "single value")}"),
    };

    /// <summary>A list stands for its items.</summary>
    private static IEnumerable<Manifest> Flatten(Manifest manifest) =>
        manifest.Object is { } map && map.TextAt("kind") is { } kind && kind.EndsWith("List", StringComparison.Ordinal) && map["items"] is JsonArray items
            ? items.ToArray().Select((item, i) => Of($"{manifest.Where}, item {i}", item?.DeepClone()))
            : [manifest];
}
