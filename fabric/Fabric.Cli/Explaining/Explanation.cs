using Fabric.Cli.Api;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Explaining;

/// <summary>A kind's field in words: its type, its bounds, what it is for, and the fields in it.</summary>
internal sealed class Explanation(TextWriter output)
{
    private const int LineWidth = 80;

    /// <summary>Follows field names from a kind.</summary>
    /// <exception cref="CommandFailure">A field is not there.</exception>
    public static (FieldSchema Schema, bool IsRequired) Find(ApiKind kind, FieldSchema root, IReadOnlyList<string> path)
    {
        var (schema, required) = (root, false);
        for (var i = 0; i < path.Count; i++)
        {
            var fields = schema.Fields();
            var found = fields.FirstOrDefault(field => field.Name == path[i]);
            if (found.Schema is null)
            {
                var near = Likeness.Nearest(path[i], fields.Select(field => field.Name));
                throw new CommandFailure(
                    $"field \"{path[i]}\" does not exist in {string.Join('.', path.Take(i).Prepend(kind.Kind))}"
                    + (near is not null ? $"; did you mean \"{near}\"?" : fields.Count == 0 ? ", which has no fields" : $"; it has {string.Join(", ", fields.Select(field => field.Name))}"));
            }

            (schema, required) = (found.Schema, found.IsRequired);
        }

        return (schema, required);
    }

    public void Write(ApiKind kind, FieldSchema root, IReadOnlyList<string> path, bool recursive)
    {
        var (schema, required) = Find(kind, root, path);
        output.WriteLine($"KIND:     {kind.Kind}");
        output.WriteLine($"VERSION:  {kind.ApiVersion}");
        output.WriteLine();
        if (path.Count > 0)
        {
            output.WriteLine($"FIELD:    {path[^1]} <{schema.Type}>{(required ? " -required-" : "")}");
            output.WriteLine();
        }

        output.WriteLine("DESCRIPTION:");
        WriteText(schema.Description.Length > 0 ? schema.Description : "<none>", 4);
        WriteRules(schema, 4);
        var fields = schema.Fields();
        if (fields.Count == 0)
            return;
        output.WriteLine();
        output.WriteLine("FIELDS:");
        if (recursive)
            WriteTree(fields, 1, []);
        else
            WriteFields(fields);
    }

    private void WriteFields(IReadOnlyList<(string Name, FieldSchema Schema, bool IsRequired)> fields)
    {
        foreach (var (name, schema, required) in fields)
        {
            output.WriteLine($"  {name} <{schema.Type}>{(required ? " -required-" : "")}");
            WriteText(schema.Description, 4);
            WriteRules(schema, 4);
            output.WriteLine();
        }
    }

    /// <param name="within">The published schemas that the fields are in: one that contains itself, as that of definitions does, ends there.</param>
    private void WriteTree(IReadOnlyList<(string Name, FieldSchema Schema, bool IsRequired)> fields, int level, IReadOnlyList<string> within)
    {
        foreach (var (name, schema, required) in fields)
        {
            var rules = schema.Rules.Count > 0 ? $"  ({string.Join("; ", schema.Rules)})" : "";
            output.WriteLine($"{new string(' ', 2 * level)}{name} <{schema.Type}>{(required ? " -required-" : "")}{rules}");
            if (schema.Reference is not { } reference)
                WriteTree(schema.Fields(), level + 1, within);
            else if (!within.Contains(reference, StringComparer.Ordinal))
                WriteTree(schema.Fields(), level + 1, [.. within, reference]);
        }
    }

    private void WriteRules(FieldSchema schema, int indent)
    {
        if (schema.Rules.Count > 0)
            WriteText($"Bounds: {string.Join("; ", schema.Rules)}.", indent);
        if (schema.ElementRules.Count > 0)
            WriteText($"Each: {string.Join("; ", schema.ElementRules)}.", indent);
    }

    private void WriteText(string text, int indent)
    {
        foreach (var paragraph in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var line = new string(' ', indent);
            foreach (var word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.Length > indent && line.Length + word.Length >= LineWidth)
                {
                    output.WriteLine(line);
                    line = new string(' ', indent);
                }

                line += line.Length == indent ? word : $" {word}";
            }

            output.WriteLine(line);
        }
    }
}
