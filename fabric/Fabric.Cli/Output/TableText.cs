using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Cli.Output;

/// <summary>A column of a table.</summary>
/// <param name="Name">As the header shows it, in capitals.</param>
/// <param name="IsNumber">Numbers stand right, so that their digits are below each other.</param>
internal readonly record struct TableColumn(string Name, bool IsNumber);

/// <summary>
/// A table as plain text: columns as wide as their widest cell, three blanks between. Rows that come later, as a watch
/// brings them, are aligned with those before.
/// </summary>
internal sealed class TableText(IReadOnlyList<TableColumn> columns)
{
    private const string Gap = "   ";
    private const string Nothing = "<none>";

    private readonly int[] _widths = [.. columns.Select(column => Printable.Width(column.Name))];

    /// <summary>Writes rows, and the header before them when it is asked for.</summary>
    public void Write(TextWriter output, IReadOnlyList<IReadOnlyList<string>> rows, bool header)
    {
        foreach (var row in rows)
        {
            for (var i = 0; i < columns.Count; i++)
                _widths[i] = Math.Max(_widths[i], Printable.Width(row[i]));
        }

        var line = new StringBuilder();
        if (header)
            WriteRow(output, line, [.. columns.Select(column => column.Name)]);
        foreach (var row in rows)
            WriteRow(output, line, row);
    }

    /// <summary>A cell as the server sends it.</summary>
    public static string Cell(JsonNode? cell) => cell switch
    {
        null => Nothing,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>() is { Length: > 0 } text ? Printable.Line(text) : Nothing,
        JsonValue value when value.TryGetValue<long>(out var whole) => whole.ToString(CultureInfo.InvariantCulture),
        JsonValue value when value.TryGetValue<double>(out var number) => number.ToString("0.###############", CultureInfo.InvariantCulture),
        _ => cell.ToJsonString(),
    };

    private void WriteRow(TextWriter output, StringBuilder line, IReadOnlyList<string> cells)
    {
        line.Clear();
        for (var i = 0; i < columns.Count; i++)
        {
            if (i > 0)
                line.Append(Gap);
            var padding = _widths[i] - Printable.Width(cells[i]);
            if (columns[i].IsNumber)
                line.Append(' ', padding).Append(cells[i]);
            else
                line.Append(cells[i]).Append(' ', i == columns.Count - 1 ? 0 : padding);
        }

        output.WriteLine(line);
    }
}
