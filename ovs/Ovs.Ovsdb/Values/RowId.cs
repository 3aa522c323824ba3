namespace Ovs.Ovsdb;

/// <summary>
/// What a column that refers to a row holds: the UUID that the server knows the row by, or a name that an insert of the
/// same transaction gave it.
/// </summary>
/// <remarks>
/// Rows read from a server only ever hold UUIDs. <c>default</c> is the zero UUID, which the database uses for "no row".
/// RFC 7047 §5.1, <c>&lt;uuid&gt;</c> and <c>&lt;named-uuid&gt;</c>.
/// </remarks>
public readonly record struct RowId : IComparable<RowId>
{
    private RowId(Guid uuid, string? name)
    {
        Uuid = uuid;
        Name = name;
    }

    /// <summary>The row's UUID; zero when the row is referred to by <see cref="Name"/>.</summary>
    public Guid Uuid { get; }

    /// <summary>The name given by <see cref="Insert.UuidName"/> in the same transaction, or null.</summary>
    public string? Name { get; }

    /// <summary>Refers to a row that exists, or that is inserted with this UUID.</summary>
    public static RowId Of(Guid uuid) => new(uuid, null);

    /// <summary>Refers to a row that another operation of the same transaction inserts.</summary>
    /// <param name="name">Letters, digits and underscores, not beginning with a digit (RFC 7047 §3.1, <c>&lt;id&gt;</c>).</param>
    public static RowId Named(string name)
    {
        ThrowIfNotIdentifier(name);
        return new(default, name);
    }

    /// <summary>Refers to a row that exists.</summary>
    public static implicit operator RowId(Guid uuid) => Of(uuid);

    /// <summary>The same as <see cref="Of"/>.</summary>
    public static RowId ToRowId(Guid uuid) => Of(uuid);

    /// <inheritdoc/>
    public int CompareTo(RowId other)
    {
        var byUuid = Uuid.CompareTo(other.Uuid);
        return byUuid != 0 ? byUuid : string.CompareOrdinal(Name, other.Name);
    }

    /// <inheritdoc/>
    public override string ToString() => Name ?? Uuid.ToString();

    /// <summary>Compares by UUID, then by name.</summary>
    public static bool operator <(RowId left, RowId right) => left.CompareTo(right) < 0;

    /// <summary>Compares by UUID, then by name.</summary>
    public static bool operator <=(RowId left, RowId right) => left.CompareTo(right) <= 0;

    /// <summary>Compares by UUID, then by name.</summary>
    public static bool operator >(RowId left, RowId right) => left.CompareTo(right) > 0;

    /// <summary>Compares by UUID, then by name.</summary>
    public static bool operator >=(RowId left, RowId right) => left.CompareTo(right) >= 0;

    internal static void ThrowIfNotIdentifier(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (char.IsAsciiDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            throw new ArgumentException($"'{name}' is not an OVSDB identifier: letters, digits and '_', no leading digit.", nameof(name));
        }
    }
}
