using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>The column of another table that holds the rows of a table which is not a root.</summary>
internal abstract class Containment
{
    /// <summary>The table whose rows hold.</summary>
    internal abstract Table ParentTable { get; }

    /// <summary>Has one row hold another, and no other row hold it.</summary>
    internal abstract void Hold(TransactionPlan plan, Guid parent, Guid child);

    /// <summary>Has no row hold another, upon which the server removes it (RFC 7047 §3.1).</summary>
    internal abstract void Release(TransactionPlan plan, Guid child);

    /// <summary>The rows that a change took out of a row that held them and goes on.</summary>
    internal abstract IEnumerable<Guid> LostIn(ReplicaChange change);
}

/// <summary>A column that holds the rows of another table.</summary>
/// <typeparam name="TParent">The type of the row that has the column.</typeparam>
internal sealed class Containment<TParent>(Column<TParent, OvsdbSet<RowId>> column) : Containment
    where TParent : class, IRow<TParent>
{
    internal override Table ParentTable => TParent.Table;

    internal override void Hold(TransactionPlan plan, Guid parent, Guid child)
    {
        if (plan.Snapshot.Table<TParent>().Find(parent) is { } row && column.Of(row).Contains(child))
        {
            return;
        }

        if (!plan.IsInserted(child))
        {
            Release(plan, child);
        }

        ChangesOf(plan, parent).Added.Add(child);
    }

    internal override void Release(TransactionPlan plan, Guid child)
    {
        foreach (var row in plan.Snapshot.Table<TParent>().Where(row => column.Of(row).Contains(child)))
        {
            ChangesOf(plan, row.Uuid).Removed.Add(child);
        }
    }

    internal override IEnumerable<Guid> LostIn(ReplicaChange change) =>
        from row in change.Of<TParent>()
        from child in row is { Before: { } before, After: { } after } ? column.Of(before).Except(column.Of(after)) : []
        select child.Uuid;

    private MembershipChanges ChangesOf(TransactionPlan plan, Guid parent) => plan.MembershipOf(
        this,
        parent,
        changes => Row.Mutate<TParent>(
            parent, [column.Delete([.. changes.Removed.Select(RowId.Of)]), column.Insert([.. changes.Added.Select(RowId.Of)])]));
}

/// <summary>What is to come to and go from a row that holds others, gathered over a transaction.</summary>
internal sealed class MembershipChanges(Func<MembershipChanges, Operation> toOperation)
{
    internal List<Guid> Added { get; } = [];

    internal List<Guid> Removed { get; } = [];

    internal Operation ToOperation() => toOperation(this);
}
