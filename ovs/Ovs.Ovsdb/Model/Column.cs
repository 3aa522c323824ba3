using System.Text;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>A column of a table.</summary>
public abstract class Column
{
    private protected Column(string name)
    {
        Name = name;
        Utf8Name = Encoding.UTF8.GetBytes(name);
    }

    /// <summary>The name in the schema.</summary>
    public string Name { get; }

    internal byte[] Utf8Name { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A column of the table that holds <typeparamref name="TRow"/>.</summary>
/// <typeparam name="TRow">The row type.</typeparam>
public abstract class Column<TRow> : Column
{
    private protected Column(string name)
        : base(name)
    {
    }

    /// <summary>Whether two rows hold the same in this column.</summary>
    public abstract bool AreEqual(TRow left, TRow right);

    /// <summary>Whether a row holds what the server puts there when nothing is written.</summary>
    public abstract bool IsDefault(TRow row);

    /// <summary>What a row holds in this column, to be written.</summary>
    public abstract ColumnValue ValueOf(TRow row);

    /// <summary>Changes a row that nobody else has seen yet.</summary>
    internal abstract void Read(TRow row, ref Utf8JsonReader reader, bool isDifference);
}

/// <summary>A column and its type in code.</summary>
/// <typeparam name="TRow">The row type.</typeparam>
/// <typeparam name="TValue">The type of the row's property.</typeparam>
/// <param name="name">The name in the schema.</param>
/// <param name="type">The type in the schema.</param>
/// <param name="get">Reads the row's property.</param>
/// <param name="set">Writes the property of a row that nobody else has seen yet.</param>
public sealed class Column<TRow, TValue>(string name, ColumnType<TValue> type, Func<TRow, TValue> get, Action<TRow, TValue> set) : Column<TRow>(name)
{
    internal ColumnType<TValue> Type => type;

    /// <summary>What a row holds in this column.</summary>
    public TValue Of(TRow row) => get(row);

    /// <summary>This column with a value, for an insert, an update or a wait.</summary>
    public ColumnValue Value(TValue value) => new ColumnValue<TValue>(Name, type, value);

    internal void Set(TRow row, TValue value) => set(row, value);

    /// <inheritdoc/>
    public override bool AreEqual(TRow left, TRow right) => EqualityComparer<TValue>.Default.Equals(get(left), get(right));

    /// <inheritdoc/>
    public override bool IsDefault(TRow row) => EqualityComparer<TValue>.Default.Equals(get(row), type.Default);

    /// <inheritdoc/>
    public override ColumnValue ValueOf(TRow row) => Value(get(row));

    internal override void Read(TRow row, ref Utf8JsonReader reader, bool isDifference) =>
        set(row, isDifference ? type.ReadDifference(get(row), ref reader) : type.Read(ref reader));
}

/// <summary>A column's name and what to write there. Equal when both are.</summary>
public abstract record ColumnValue
{
    private protected ColumnValue(string column) => Column = column;

    /// <summary>The column's name in the schema.</summary>
    public string Column { get; }

    internal abstract void Write(Utf8JsonWriter writer);
}

internal sealed record ColumnValue<T>(string Name, ColumnType<T> Type, T Value) : ColumnValue(Name)
{
    internal override void Write(Utf8JsonWriter writer) => Type.Write(writer, Value);
}
