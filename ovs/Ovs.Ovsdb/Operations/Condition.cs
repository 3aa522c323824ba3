using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>What a row must satisfy for an operation to touch it. RFC 7047 §5.1, <c>&lt;condition&gt;</c>.</summary>
public abstract record Condition
{
    private protected Condition()
    {
    }

    /// <summary>The row with this UUID: the only condition for which the server does not look at every row of the table.</summary>
    public static Condition Is(RowId row) => new Comparison<RowId>("_uuid", "==", ColumnType.One(Atom.Uuid), row);

    internal abstract void WriteTo(Utf8JsonWriter writer);

    internal sealed record Comparison<T>(string Column, string Function, ColumnType<T> Type, T Value) : Condition
    {
        internal override void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(Column);
            writer.WriteStringValue(Function);
            Type.Write(writer, Value);
            writer.WriteEndArray();
        }
    }
}

/// <summary>A change relative to what a column holds. RFC 7047 §5.1, <c>&lt;mutation&gt;</c>.</summary>
public abstract record Mutation
{
    private protected Mutation()
    {
    }

    internal abstract void WriteTo(Utf8JsonWriter writer);

    internal sealed record Change<T>(string Column, string Mutator, ColumnType<T> Type, T Value) : Mutation
    {
        internal override void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(Column);
            writer.WriteStringValue(Mutator);
            Type.Write(writer, Value);
            writer.WriteEndArray();
        }
    }
}

/// <summary>Conditions and mutations by column, with the column's own type.</summary>
public static class ColumnOperations
{
    /// <summary>Rows that hold exactly this value.</summary>
    public static Condition EqualTo<TRow, TValue>(this Column<TRow, TValue> column, TValue value) =>
        new Condition.Comparison<TValue>(column.Name, "==", column.Type, value);

    /// <summary>Rows that hold another value.</summary>
    public static Condition NotEqualTo<TRow, TValue>(this Column<TRow, TValue> column, TValue value) =>
        new Condition.Comparison<TValue>(column.Name, "!=", column.Type, value);

    /// <summary>Rows whose set or map holds at least all of these.</summary>
    public static Condition Includes<TRow, TValue>(this Column<TRow, TValue> column, TValue value) =>
        new Condition.Comparison<TValue>(column.Name, "includes", column.Type, value);

    /// <summary>Rows whose set or map holds none of these.</summary>
    public static Condition Excludes<TRow, TValue>(this Column<TRow, TValue> column, TValue value) =>
        new Condition.Comparison<TValue>(column.Name, "excludes", column.Type, value);

    /// <summary>Adds to an integer.</summary>
    public static Mutation Add<TRow>(this Column<TRow, long> column, long value) =>
        new Mutation.Change<long>(column.Name, "+=", column.Type, value);

    /// <summary>Adds elements to a set; those already there make no difference.</summary>
    public static Mutation Insert<TRow, T>(this Column<TRow, OvsdbSet<T>> column, OvsdbSet<T> items)
        where T : notnull => new Mutation.Change<OvsdbSet<T>>(column.Name, "insert", column.Type, items);

    /// <summary>Takes elements out of a set; those not there make no difference.</summary>
    public static Mutation Delete<TRow, T>(this Column<TRow, OvsdbSet<T>> column, OvsdbSet<T> items)
        where T : notnull => new Mutation.Change<OvsdbSet<T>>(column.Name, "delete", column.Type, items);

    /// <summary>Adds pairs to a map. A key that is there keeps its value: delete it first to replace it (RFC 7047 §5.1).</summary>
    public static Mutation Insert<TRow>(this Column<TRow, OvsdbMap<string, string>> column, OvsdbMap<string, string> pairs) =>
        new Mutation.Change<OvsdbMap<string, string>>(column.Name, "insert", column.Type, pairs);

    /// <summary>Takes keys, whatever their values, out of a map.</summary>
    public static Mutation DeleteKeys<TRow>(this Column<TRow, OvsdbMap<string, string>> column, OvsdbSet<string> keys) =>
        new Mutation.Change<OvsdbSet<string>>(column.Name, "delete", ColumnType.Set(Atom.Text), keys);
}
