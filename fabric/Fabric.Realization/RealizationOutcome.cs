using System.Collections.Immutable;

namespace Fabric.Realization;

/// <summary>What realizing an object came to.</summary>
public abstract record RealizationOutcome
{
    private RealizationOutcome()
    {
    }

    /// <summary>The database holds the object's rows.</summary>
    /// <param name="IsChanged">Whether anything had to be written for it.</param>
    public sealed record Realized(bool IsChanged) : RealizationOutcome;

    /// <summary>
    /// Some of the object's rows cannot be there before others are. They are written by themselves when those come.
    /// </summary>
    /// <param name="For">The rows waited for.</param>
    public sealed record Waiting(ImmutableArray<RowAddress> For) : RealizationOutcome;

    /// <summary>
    /// A row of the object needs a name that a row of somebody else, or of another object, has. It is written by itself
    /// when that row goes or is renamed.
    /// </summary>
    /// <param name="With">The row that has the name.</param>
    public sealed record Conflicting(ForeignRow With) : RealizationOutcome;
}

/// <summary>A row that is not ours to touch.</summary>
/// <param name="Table">Its table's name.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uuid">Its UUID.</param>
public sealed record ForeignRow(string Table, string Name, Guid Uuid);
