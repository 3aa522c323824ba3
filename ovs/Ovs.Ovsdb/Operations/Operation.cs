using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>One step of a transaction. RFC 7047 §5.2.</summary>
public abstract record Operation
{
    private protected Operation()
    {
    }

    /// <summary>The operation as the database is sent it.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Json.WriterOptions))
        {
            WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        WriteMembers(writer);
        writer.WriteEndObject();
    }

    private protected abstract void WriteMembers(Utf8JsonWriter writer);

    private protected static void WriteRow(Utf8JsonWriter writer, ImmutableArray<ColumnValue> values)
    {
        writer.WriteStartObject();
        foreach (var value in values)
        {
            writer.WritePropertyName(value.Column);
            value.Write(writer);
        }

        writer.WriteEndObject();
    }

    private protected static void WriteWhere(Utf8JsonWriter writer, ImmutableArray<Condition> where)
    {
        writer.WriteStartArray("where"u8);
        foreach (var condition in where)
        {
            condition.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    private protected static void WriteColumns(Utf8JsonWriter writer, ImmutableArray<string> columns)
    {
        writer.WriteStartArray("columns"u8);
        foreach (var column in columns)
        {
            writer.WriteStringValue(column);
        }

        writer.WriteEndArray();
    }
}

/// <summary>Adds a row. RFC 7047 §5.2.1.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Row">The columns to write; the others get their defaults.</param>
public sealed record Insert(string Table, ImmutableArray<ColumnValue> Row) : Operation
{
    /// <summary>The name by which operations of the same transaction refer to the row (<see cref="RowId.Named"/>); null for none.</summary>
    public string? UuidName { get; init; }

    /// <summary>The UUID the row is to have; null lets the server choose.</summary>
    /// <remarks>An extension of Open vSwitch 2.13 and later: ovsdb-server(7) §5.2.1. A UUID in use is the error <c>duplicate uuid</c>.</remarks>
    public Guid? Uuid { get; init; }

    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "insert"u8);
        writer.WriteString("table"u8, Table);
        if (UuidName is not null)
        {
            writer.WriteString("uuid-name"u8, UuidName);
        }

        if (Uuid is { } uuid)
        {
            writer.WriteString("uuid"u8, uuid);
        }

        writer.WritePropertyName("row"u8);
        WriteRow(writer, Row);
    }
}

/// <summary>Reads rows. RFC 7047 §5.2.2.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Where">Conditions that all must hold.</param>
/// <param name="Columns">The columns wanted; empty for all.</param>
public sealed record Select(string Table, ImmutableArray<Condition> Where, ImmutableArray<string> Columns) : Operation
{
    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "select"u8);
        writer.WriteString("table"u8, Table);
        WriteWhere(writer, Where);
        if (!Columns.IsDefaultOrEmpty)
        {
            WriteColumns(writer, Columns);
        }
    }
}

/// <summary>Writes columns of rows that exist. RFC 7047 §5.2.3.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Where">Conditions that all must hold. Any but one on <c>_uuid</c> makes the server look at every row.</param>
/// <param name="Row">The columns to write.</param>
public sealed record Update(string Table, ImmutableArray<Condition> Where, ImmutableArray<ColumnValue> Row) : Operation
{
    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "update"u8);
        writer.WriteString("table"u8, Table);
        WriteWhere(writer, Where);
        writer.WritePropertyName("row"u8);
        WriteRow(writer, Row);
    }
}

/// <summary>Changes columns relative to what they hold. RFC 7047 §5.2.4.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Where">Conditions that all must hold. Any but one on <c>_uuid</c> makes the server look at every row.</param>
/// <param name="Mutations">The changes, done in order.</param>
public sealed record Mutate(string Table, ImmutableArray<Condition> Where, ImmutableArray<Mutation> Mutations) : Operation
{
    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "mutate"u8);
        writer.WriteString("table"u8, Table);
        WriteWhere(writer, Where);
        writer.WriteStartArray("mutations"u8);
        foreach (var mutation in Mutations)
        {
            mutation.WriteTo(writer);
        }

        writer.WriteEndArray();
    }
}

/// <summary>Removes rows. RFC 7047 §5.2.5.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Where">Conditions that all must hold.</param>
public sealed record Delete(string Table, ImmutableArray<Condition> Where) : Operation
{
    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "delete"u8);
        writer.WriteString("table"u8, Table);
        WriteWhere(writer, Where);
    }
}

/// <summary>
/// Holds the transaction until the selected rows are, or are not, those given; with a zero timeout, fails it at once:
/// compare and swap. RFC 7047 §5.2.6.
/// </summary>
/// <param name="Table">The table's name.</param>
/// <param name="Where">Conditions that all must hold.</param>
/// <param name="Columns">The columns compared.</param>
/// <param name="Rows">The rows to compare with, each with a value for every column compared.</param>
public sealed record Wait(string Table, ImmutableArray<Condition> Where, ImmutableArray<string> Columns, ImmutableArray<ImmutableArray<ColumnValue>> Rows) : Operation
{
    /// <summary>True waits for equality, false for inequality.</summary>
    public bool UntilEqual { get; init; } = true;

    /// <summary>How long at most, in whole milliseconds; null for as long as it takes. After that the error is <c>timed out</c>.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.Zero;

    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "wait"u8);
        writer.WriteString("table"u8, Table);
        WriteWhere(writer, Where);
        WriteColumns(writer, Columns);
        writer.WriteString("until"u8, UntilEqual ? "=="u8 : "!="u8);
        writer.WriteStartArray("rows"u8);
        foreach (var row in Rows)
        {
            WriteRow(writer, row);
        }

        writer.WriteEndArray();
        if (Timeout is { } timeout)
        {
            writer.WriteNumber("timeout"u8, (long)timeout.TotalMilliseconds);
        }
    }
}

/// <summary>Text for the database's journal, which people read with <c>ovsdb-tool show-log</c>. RFC 7047 §5.2.9.</summary>
/// <param name="Text">The text.</param>
public sealed record Comment(string Text) : Operation
{
    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "comment"u8);
        writer.WriteString("comment"u8, Text);
    }
}

/// <summary>Fails the transaction (<c>not owner</c>) unless this connection holds a lock. RFC 7047 §5.2.10.</summary>
/// <param name="Lock">The lock's name.</param>
public sealed record AssertLock(string Lock) : Operation
{
    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "assert"u8);
        writer.WriteString("lock"u8, Lock);
    }
}

/// <summary>Has the server write the transaction to disk before it answers. RFC 7047 §5.2.7.</summary>
public sealed record CommitDurably : Operation
{
    private protected override void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("op"u8, "commit"u8);
        writer.WriteBoolean("durable"u8, true);
    }
}
