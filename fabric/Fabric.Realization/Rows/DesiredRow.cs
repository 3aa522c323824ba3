using System.Collections.Immutable;
using Fabric.Primitives;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>A row as it should be.</summary>
public abstract record DesiredRow
{
    private protected DesiredRow(RowAddress address) => Address = address;

    /// <summary>The table, and whose row it is.</summary>
    public RowAddress Address { get; }

    /// <summary>The rows that must be there for this one to be; without them it waits.</summary>
    public abstract IEnumerable<RowAddress> Requirements { get; }

    /// <summary>The rows whose coming and going changes this one, the requirements among them.</summary>
    internal abstract IEnumerable<RowAddress> Dependencies { get; }

    internal abstract void Plan(TransactionPlan plan);
}

/// <summary>A row as it should be.</summary>
/// <typeparam name="TRow">The row type.</typeparam>
/// <param name="Kind">How rows of the table are kept.</param>
/// <param name="Identity">Whose row it is.</param>
/// <param name="Row">What its columns hold, but for references and <c>external_ids</c>.</param>
public sealed record DesiredRow<TRow>(RealizedTable<TRow> Kind, RowIdentity Identity, TRow Row) : DesiredRow(new RowAddress(Kind.Table, Identity))
    where TRow : class, IIdentifiedRow<TRow>
{
    /// <summary>The row that holds this one, for a table whose rows go when nothing holds them.</summary>
    public RowAddress? Parent { get; init; }

    /// <summary>Another row that must be there, though no column refers to it by UUID.</summary>
    public RowAddress? Needs { get; init; }

    /// <summary>A row without which this one should not be; that is no waiting.</summary>
    public RowAddress? OnlyWith { get; init; }

    /// <summary>Pairs for <c>external_ids</c> beside the identity, with keys of <see cref="RowIdentity.MarkKeys"/>; northd copies a port's to its binding.</summary>
    public OvsdbMap<string, string> Marks { get; init; }

    /// <summary>Columns that each refer to a row if that is there.</summary>
    public EquatableArray<RowLink<TRow>> Links { get; init; }

    internal OvsdbMap<string, string> Ids => Identity.ToExternalIds().With(Marks);

    /// <inheritdoc/>
    public override IEnumerable<RowAddress> Requirements => new[] { Parent, Needs }.OfType<RowAddress>();

    internal override IEnumerable<RowAddress> Dependencies =>
        [.. Requirements, .. new[] { OnlyWith }.OfType<RowAddress>(), .. Links.Select(link => link.Target)];

    internal override void Plan(TransactionPlan plan)
    {
        if (OnlyWith is { } condition && plan.Resolve(condition) is null)
        {
            plan.Remove(Address);
            return;
        }

        var missing = Requirements.Where(address => plan.Resolve(address) is null).ToImmutableArray();
        if (!missing.IsEmpty)
        {
            plan.Remove(Address);
            plan.Wait(missing);
            return;
        }

        var wanted = Links.Aggregate(Row, (row, link) => link.Assign(row, plan.Resolve(link.Target) is { } target ? RowId.Of(target) : null));
        Kind.Plan(plan, this, wanted);
    }
}

/// <summary>A reference that is set while the row it refers to is there.</summary>
/// <typeparam name="TRow">The type of the row that refers.</typeparam>
/// <param name="Target">The row referred to.</param>
/// <param name="Assign">The row with the reference set, or cleared when it is null.</param>
public sealed record RowLink<TRow>(RowAddress Target, Func<TRow, RowId?, TRow> Assign);
