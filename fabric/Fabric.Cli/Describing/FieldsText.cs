using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Cli.Output;

namespace Fabric.Cli.Describing;

/// <summary>Fields by their names in manifests, values of one level below each other.</summary>
internal sealed class FieldsText(TextWriter output)
{
    private const int Indent = 2;

    /// <summary>A list of short values stands on one line up to this width.</summary>
    private const int LineWidth = 100;

    public void Write(JsonNode? value, int level)
    {
        switch (value)
        {
            case JsonObject map:
                WriteMap(map, level, firstIndent: null);
                break;
            case JsonArray list:
                WriteList(list, level);
                break;
            default:
                output.WriteLine(Blanks(level) + Text(value));
                break;
        }
    }

    /// <param name="firstIndent">What stands before the first field in place of blanks: the dash of a list's item.</param>
    private void WriteMap(JsonObject map, int level, string? firstIndent)
    {
        var width = map.Where(field => IsShort(field.Value)).Select(field => Printable.Width(field.Key)).DefaultIfEmpty().Max() + 3;
        foreach (var (name, value) in map)
        {
            var start = (firstIndent ?? Blanks(level)) + Printable.Line(name) + ":";
            firstIndent = null;
            if (IsShort(value))
            {
                output.WriteLine(start + new string(' ', width - Printable.Width(name) - 1) + Text(value));
                continue;
            }

            output.WriteLine(start);
            if (value is JsonValue lines)
            {
                foreach (var line in lines.GetValue<string>().TrimEnd('\n').Split('\n'))
                    output.WriteLine(Blanks(level + 1) + Printable.Visible(line.TrimEnd('\r')));
            }
            else
            {
                Write(value, level + 1);
            }
        }
    }

    private void WriteList(JsonArray list, int level)
    {
        foreach (var item in list)
        {
            var dash = Blanks(level) + "- ";
            switch (item)
            {
                case JsonObject { Count: > 0 } map:
                    WriteMap(map, level + 1, dash);
                    break;
                case JsonArray { Count: > 0 } inner when !IsShort(inner):
                    output.WriteLine(dash.TrimEnd());
                    WriteList(inner, level + 1);
                    break;
                default:
                    output.WriteLine(dash + Text(item));
                    break;
            }
        }
    }

    private static bool IsShort(JsonNode? value) => value switch
    {
        JsonObject map => map.Count == 0,
        JsonArray list => list.All(item => item is not (JsonObject or JsonArray)) && Text(list).Length <= LineWidth && list.All(IsShort),
        JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String => !scalar.GetValue<string>().Contains('\n'),
        _ => true,
    };

    private static string Text(JsonNode? value) => value switch
    {
        null => "<none>",
        JsonObject { Count: 0 } => "{}",
        JsonArray { Count: 0 } => "<none>",
        JsonArray list => string.Join(", ", list.Select(Text)),
        JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String => scalar.GetValue<string>() is { Length: > 0 } text ? Printable.Visible(text) : "\"\"",
        _ => value.ToJsonString(),
    };

    private static string Blanks(int level) => new(' ', level * Indent);
}
