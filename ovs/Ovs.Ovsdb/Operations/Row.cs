using System.Collections.Immutable;

namespace Ovs.Ovsdb;

/// <summary>Operations on typed rows. Rows that exist are addressed by UUID, never by name.</summary>
public static class Row
{
    /// <summary>Adds a row with what differs from the server's defaults.</summary>
    /// <param name="row">The row; a UUID that is not zero is the one it will have.</param>
    /// <param name="name">The name by which operations of the same transaction refer to it, or null.</param>
    public static Insert Insert<TRow>(TRow row, string? name = null)
        where TRow : class, IRow<TRow>
    {
        if (name is not null)
        {
            RowId.ThrowIfNotIdentifier(name);
        }

        return new(TRow.Table.Name, row.ToRow()) { UuidName = name, Uuid = row.Uuid == default ? null : row.Uuid };
    }

    /// <summary>Writes columns of a row.</summary>
    public static Update Update<TRow>(RowId row, params ImmutableArray<ColumnValue> values)
        where TRow : class, IRow<TRow> => new(TRow.Table.Name, [Condition.Is(row)], values);

    /// <summary>Changes columns of a row relative to what they hold.</summary>
    public static Mutate Mutate<TRow>(RowId row, params ImmutableArray<Mutation> mutations)
        where TRow : class, IRow<TRow> => new(TRow.Table.Name, [Condition.Is(row)], mutations);

    /// <summary>Removes a row.</summary>
    public static Delete Delete<TRow>(RowId row)
        where TRow : class, IRow<TRow> => new(TRow.Table.Name, [Condition.Is(row)]);

    /// <summary>Fails the transaction with <c>timed out</c> unless the row holds these values now.</summary>
    public static Wait Expect<TRow>(RowId row, params ImmutableArray<ColumnValue> values)
        where TRow : class, IRow<TRow> =>
        new(TRow.Table.Name, [Condition.Is(row)], [.. values.Select(value => value.Column)], [values]);
}
