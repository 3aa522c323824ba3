using System.Collections.Immutable;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>An immutable row of a table; generated from the schema.</summary>
/// <typeparam name="TSelf">The row type itself.</typeparam>
public interface IRow<TSelf>
    where TSelf : class, IRow<TSelf>
{
    /// <summary>The table.</summary>
    static abstract Table<TSelf> Table { get; }

    /// <summary>What the server knows the row by; zero in a row that was made here.</summary>
    Guid Uuid { get; }

    /// <summary>A new row that holds what <paramref name="row"/> holds, under a UUID; null makes one of defaults.</summary>
    static abstract TSelf Copy(TSelf? row, Guid uuid);
}

/// <summary>A row with an <c>external_ids</c> column: where whoever wrote a row says so.</summary>
/// <typeparam name="TSelf">The row type itself.</typeparam>
public interface IIdentifiedRow<TSelf> : IRow<TSelf>
    where TSelf : class, IIdentifiedRow<TSelf>
{
    /// <summary>The column of <see cref="ExternalIds"/>.</summary>
    static abstract Column<TSelf, OvsdbMap<string, string>> ExternalIdsColumn { get; }

    /// <summary>Pairs that the database's own programs ignore or copy.</summary>
    OvsdbMap<string, string> ExternalIds { get; }
}

/// <summary>A table of a database.</summary>
public abstract class Table
{
    private protected Table(string name, bool isRoot, ImmutableArray<Column> columns)
    {
        Name = name;
        IsRoot = isRoot;
        Columns = columns;
    }

    /// <summary>The name in the schema.</summary>
    public string Name { get; }

    /// <summary>
    /// Whether rows stay without being referred to. A row of a table that is not a root goes as soon as no strong
    /// reference holds it (RFC 7047 §3.1).
    /// </summary>
    public bool IsRoot { get; }

    /// <summary>The columns, in the schema's order.</summary>
    public ImmutableArray<Column> Columns { get; }

    /// <summary>Asks for every column of this table to be replicated, but for those named.</summary>
    /// <remarks>Statistics and other columns that change by themselves cost an update each time: leave out what nobody reads.</remarks>
    public TableMonitor Monitor(params ReadOnlySpan<Column> except)
    {
        var left = except.ToArray();
        return new(this, [.. Columns.Where(column => !left.Contains(column))]);
    }

    /// <summary>Asks for only the columns named to be replicated; the others hold their defaults in the replica's rows.</summary>
    public TableMonitor MonitorOnly(params ReadOnlySpan<Column> columns) => new(this, [.. columns]);

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal abstract TableSnapshot EmptySnapshot();
}

/// <summary>A table and what its rows are in code.</summary>
/// <typeparam name="TRow">The row type.</typeparam>
public sealed class Table<TRow> : Table
    where TRow : class, IRow<TRow>
{
    private readonly ImmutableArray<Column<TRow>> _columns;

    /// <summary>Describes a table.</summary>
    /// <param name="name">The name in the schema.</param>
    /// <param name="isRoot">See <see cref="Table.IsRoot"/>.</param>
    /// <param name="columns">The columns, in the schema's order.</param>
    /// <param name="key">The text that no two rows share, if the schema has such an index; null if not.</param>
    public Table(string name, bool isRoot, ImmutableArray<Column<TRow>> columns, Func<TRow, string>? key = null)
        : base(name, isRoot, ImmutableArray<Column>.CastUp(columns))
    {
        _columns = columns;
        Key = key;
    }

    /// <summary>The columns, in the schema's order.</summary>
    public new ImmutableArray<Column<TRow>> Columns => _columns;

    /// <summary>The text that no two rows share, by which <see cref="TableSnapshot{TRow}.FindByName"/> finds one; null when there is none.</summary>
    public Func<TRow, string>? Key { get; }

    internal override TableSnapshot EmptySnapshot() => TableSnapshot<TRow>.Empty;

    /// <summary>Reads a <c>&lt;row&gt;</c> object into a row that nobody else has seen yet; columns not known here are skipped.</summary>
    internal void ReadRow(TRow row, ref Utf8JsonReader reader, bool isDifference)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Atom.Unexpected("a row", reader.TokenType);
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = Find(ref reader);
            reader.Read();
            if (column is null)
            {
                reader.Skip();
            }
            else
            {
                column.Read(row, ref reader, isDifference);
            }
        }
    }

    private Column<TRow>? Find(ref Utf8JsonReader reader)
    {
        foreach (var column in _columns)
        {
            if (reader.ValueTextEquals(column.Utf8Name))
            {
                return column;
            }
        }

        return null;
    }
}

/// <summary>A table to be replicated, and which of its columns.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">The columns asked for. Those that the server's schema lacks are left out.</param>
public sealed record TableMonitor(Table Table, ImmutableArray<Column> Columns)
{
    /// <summary>Only rows for which any of these holds are replicated; all when empty.</summary>
    /// <remarks>A row that comes to satisfy none goes from the replica as if it were deleted: ovsdb-server(7) §4.1.12.</remarks>
    public ImmutableArray<Condition> WhereAny { get; init; } = [];
}

/// <summary>Copies rows and compares them column by column, so that only what differs is written.</summary>
public static class RowExtensions
{
    /// <summary>A new row that differs in one column.</summary>
    public static TRow With<TRow, TValue>(this TRow row, Column<TRow, TValue> column, TValue value)
        where TRow : class, IRow<TRow>
    {
        var copy = TRow.Copy(row, row.Uuid);
        column.Set(copy, value);
        return copy;
    }

    /// <summary>Every column in which a row differs from the server's defaults: what an insert has to write.</summary>
    public static ImmutableArray<ColumnValue> ToRow<TRow>(this TRow row)
        where TRow : class, IRow<TRow> => [.. TRow.Table.Columns.Where(column => !column.IsDefault(row)).Select(column => column.ValueOf(row))];

    /// <summary>What must be written to <paramref name="current"/> for it to hold what this row holds.</summary>
    /// <param name="wanted">The row as it should be.</param>
    /// <param name="current">The row as it is.</param>
    /// <param name="columns">The columns to look at: those that the caller is responsible for.</param>
    public static ImmutableArray<ColumnValue> DifferenceFrom<TRow>(this TRow wanted, TRow current, IEnumerable<Column<TRow>> columns)
        where TRow : class, IRow<TRow> => [.. columns.Where(column => !column.AreEqual(wanted, current)).Select(column => column.ValueOf(wanted))];
}
