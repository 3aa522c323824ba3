using System.Collections.Immutable;

namespace Ovs.Ovsdb;

/// <summary>That a row came, changed or went.</summary>
/// <param name="Uuid">The row's UUID.</param>
public abstract record RowChange(Guid Uuid);

/// <summary>That a row came, changed or went.</summary>
/// <typeparam name="TRow">The row type.</typeparam>
/// <param name="Uuid">The row's UUID.</param>
/// <param name="Before">The row as it was, or null when it is new.</param>
/// <param name="After">The row as it is, or null when it is gone.</param>
public sealed record RowChange<TRow>(Guid Uuid, TRow? Before, TRow? After) : RowChange(Uuid)
    where TRow : class, IRow<TRow>;

/// <summary>What one update of the server did to the replica: whole transactions, never a part of one.</summary>
/// <param name="Before">The replica before.</param>
/// <param name="After">The replica after.</param>
/// <param name="Rows">The rows that differ between the two.</param>
/// <param name="IsResync">Whether the update came from loading the database, at the start or after the connection was lost.</param>
public sealed record ReplicaChange(OvsdbSnapshot Before, OvsdbSnapshot After, ImmutableArray<RowChange> Rows, bool IsResync)
{
    /// <summary>The changed rows of one table.</summary>
    public IEnumerable<RowChange<TRow>> Of<TRow>()
        where TRow : class, IRow<TRow> => Rows.OfType<RowChange<TRow>>();
}
