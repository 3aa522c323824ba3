using System.Collections.Immutable;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>The replicated tables at one moment between two transactions.</summary>
public sealed class OvsdbSnapshot
{
    private readonly ImmutableDictionary<Table, TableSnapshot> _tables;

    private OvsdbSnapshot(ImmutableDictionary<Table, TableSnapshot> tables) => _tables = tables;

    /// <summary>The rows of a table.</summary>
    /// <exception cref="InvalidOperationException">The table is not replicated.</exception>
    public TableSnapshot<TRow> Table<TRow>()
        where TRow : class, IRow<TRow> => _tables.TryGetValue(TRow.Table, out var table)
            ? (TableSnapshot<TRow>)table
            : throw new InvalidOperationException($"Table {TRow.Table.Name} is not replicated by this client.");

    internal static OvsdbSnapshot Empty(IEnumerable<Table> tables) =>
        new(tables.ToImmutableDictionary(table => table, table => table.EmptySnapshot()));

    /// <summary>Reads a <c>&lt;table-updates2&gt;</c> and answers with the tables after it (ovsdb-server(7) §4.1.14).</summary>
    /// <param name="reader">Stands on the start of the object.</param>
    /// <param name="isComplete">The update holds every row there is; tables it does not name are empty.</param>
    /// <param name="changes">What changed is added here.</param>
    internal OvsdbSnapshot Apply(ref Utf8JsonReader reader, bool isComplete, List<RowChange> changes)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Atom.Unexpected("the tables' updates", reader.TokenType);
        }

        var tables = _tables.ToBuilder();
        var unnamed = isComplete ? tables.Keys.ToHashSet() : null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            var table = tables.Keys.FirstOrDefault(candidate => candidate.Name == name)
                ?? throw new JsonException($"The server sent rows of '{name}', which nobody asked for.");
            reader.Read();
            unnamed?.Remove(table);
            tables[table] = tables[table].Apply(ref reader, isComplete, changes);
        }

        foreach (var table in unnamed ?? [])
        {
            tables[table] = tables[table].Clear(changes);
        }

        return changes.Count == 0 ? this : new(tables.ToImmutable());
    }
}
