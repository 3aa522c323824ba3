namespace Ovs.ModelGen;

/// <summary>A column's type in code.</summary>
/// <param name="Property">The type of the row's property.</param>
/// <param name="Column">The expression that makes its column type.</param>
internal sealed record CodeType(string Property, string Column)
{
    /// <summary>Whether the property is text that is never null.</summary>
    internal bool IsText => Property == "string";

    internal static CodeType Of(TableSchema table, ColumnSchema column)
    {
        var (key, keyAtom) = AtomOf(table, column, column.Key);
        if (column.Value is { } mapped)
        {
            var (value, valueAtom) = AtomOf(table, column, mapped);
            return new($"OvsdbMap<{key}, {value}>", $"ColumnType.Map({keyAtom}, {valueAtom})");
        }

        return (column.Min, column.Max) switch
        {
            (1, 1) => new(key, $"ColumnType.One({keyAtom})"),
            (0, 1) when key == "string" => new("string?", "ColumnType.OptionalText()"),
            (0, 1) => new($"{key}?", $"ColumnType.Optional({keyAtom})"),
            _ => new($"OvsdbSet<{key}>", $"ColumnType.Set({keyAtom})"),
        };
    }

    /// <summary>The enumerations that a column brings with it, and their names.</summary>
    internal static IEnumerable<(AtomSchema Atom, string Name)> EnumerationsOf(TableSchema table, ColumnSchema column) =>
        new[] { column.Key, column.Value }.OfType<AtomSchema>().Where(atom => !atom.Enumeration.IsEmpty).Select(atom => (atom, EnumerationName(table, column)));

    internal static string Describe(ColumnSchema column)
    {
        var what = Describe(column.Key);
        if (column.Value is { } value)
        {
            what = $"a map from {what} to {Describe(value)}";
        }
        else if (column.Max != 1)
        {
            what = $"a set of {what}{(column.Max is { } max ? $", at most {max} of them" : "")}{(column.Min > 0 ? ", not empty" : "")}";
        }
        else if (column.Min == 0)
        {
            what = $"{what}, or null";
        }

        return what + (column.IsMutable ? "" : "; fixed by the insert") + (column.IsEphemeral ? "; not kept on disk" : "");
    }

    private static string Describe(AtomSchema atom)
    {
        var what = atom switch
        {
            { RefTable: { } table } => $"{(atom.IsWeak ? "weak" : "strong")} reference to <c>{table}</c>",
            { Enumeration.IsEmpty: false } => "one of the texts listed",
            { Type: "string" } => "text",
            { Type: "uuid" } => "UUID",
            var other => other.Type,
        };
        return atom.Range is null ? what : $"{what} ({atom.Range})";
    }

    private static (string Type, string Atom) AtomOf(TableSchema table, ColumnSchema column, AtomSchema atom)
    {
        if (!atom.Enumeration.IsEmpty)
        {
            var name = EnumerationName(table, column);
            var members = atom.Enumeration.Select(text => $"({name}.{Naming.Pascal(text)}, \"{text}\")");
            return (name, $"Atom.Enumeration<{name}>({string.Join(", ", members)})");
        }

        return atom.Type switch
        {
            "string" => ("string", "Atom.Text"),
            "integer" => ("long", "Atom.Integer"),
            "real" => ("double", "Atom.Real"),
            "boolean" => ("bool", "Atom.Boolean"),
            "uuid" => ("RowId", "Atom.Uuid"),
            var other => throw new NotSupportedException($"{table.Name}.{column.Name}: RFC 7047 has no atomic type '{other}'."),
        };
    }

    private static string EnumerationName(TableSchema table, ColumnSchema column) => Naming.Pascal(table.Name) + Naming.Pascal(column.Name);
}
