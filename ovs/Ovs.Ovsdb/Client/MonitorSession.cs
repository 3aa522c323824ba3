using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Ovs.Ovsdb;

/// <summary>Keeps a replica in step with a database over one connection after another.</summary>
/// <remarks>
/// <c>monitor_cond_since</c> resumes after the last transaction seen, when the server remembers it: a clustered one does,
/// a standalone one never does (its transaction ids are zero) and sends everything again. Either way the replica and its
/// subscribers see one change, of only what differs. ovsdb-server(7) §4.1.12 to §4.1.16.
/// </remarks>
internal sealed class MonitorSession(string database, ImmutableArray<TableMonitor> tables, OvsdbReplica replica, ILogger logger)
{
    private const string MonitorId = "replica";

    private Guid _lastTransaction;
    private bool _isLoaded;

    internal async Task StartAsync(OvsdbConnection connection, CancellationToken cancellationToken)
    {
        if (tables.IsEmpty)
        {
            return;
        }

        var monitored = await IntersectWithServerAsync(connection, cancellationToken);
        try
        {
            await connection.CallAsync(
                "monitor_cond_since", writer => WriteRequest(writer, monitored, _lastTransaction), ReadSinceReply, cancellationToken);
        }
        catch (OvsdbException e) when (e.Error == "unknown method")
        {
            await connection.CallAsync("monitor_cond", writer => WriteRequest(writer, monitored, null), ReadReply, cancellationToken);
        }
    }

    internal void OnNotification(string method, ReadOnlySequence<byte> parameters)
    {
        switch (method)
        {
            case "update3" or "update2":
                ReadUpdate(parameters, hasTransaction: method == "update3");
                break;
            case "monitor_canceled":
                // Sent when the schema is converted or the database removed (ovsdb-server(7) §4.1.21).
                throw OvsdbException.ConnectionLost("The server ended the replication", null);
            default:
                logger.LogDebug("The server sent the notification {Method}", method);
                break;
        }
    }

    /// <summary>A server older or newer than the model may lack columns or tables; asking for them would fail as a whole.</summary>
    private async Task<ImmutableArray<(TableMonitor Monitor, ImmutableArray<string> Columns)>> IntersectWithServerAsync(
        OvsdbConnection connection, CancellationToken cancellationToken)
    {
        var known = await connection.CallAsync(
            "get_schema", writer => writer.WriteStringValue(database), ReadSchema, cancellationToken);
        var result = ImmutableArray.CreateBuilder<(TableMonitor, ImmutableArray<string>)>();
        foreach (var monitor in tables)
        {
            var (table, columns) = monitor;
            if (!known.TryGetValue(table.Name, out var present))
            {
                throw OvsdbException.Protocol($"Database {database} has no table {table.Name}.");
            }

            foreach (var missing in columns.Where(column => !present.Contains(column.Name)))
            {
                logger.LogWarning("Database {Database} has no column {Table}.{Column}", database, table.Name, missing.Name);
            }

            result.Add((monitor, [.. columns.Select(column => column.Name).Where(present.Contains)]));
        }

        return result.ToImmutable();
    }

    private static Dictionary<string, HashSet<string>> ReadSchema(ref Utf8JsonReader reader)
    {
        var schema = JsonElement.ParseValue(ref reader);
        return schema.GetProperty("tables").EnumerateObject().ToDictionary(
            table => table.Name,
            table => table.Value.GetProperty("columns").EnumerateObject().Select(column => column.Name).ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);
    }

    private void WriteRequest(Utf8JsonWriter writer, ImmutableArray<(TableMonitor Monitor, ImmutableArray<string> Columns)> monitored, Guid? since)
    {
        writer.WriteStringValue(database);
        writer.WriteStringValue(MonitorId);
        writer.WriteStartObject();
        foreach (var (monitor, columns) in monitored)
        {
            writer.WriteStartArray(monitor.Table.Name);
            writer.WriteStartObject();
            writer.WriteStartArray("columns"u8);
            foreach (var column in columns)
            {
                writer.WriteStringValue(column);
            }

            writer.WriteEndArray();
            WriteConditions(writer, monitor.WhereAny);
            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        if (since is { } transaction)
        {
            writer.WriteStringValue(transaction);
        }
    }

    private static void WriteConditions(Utf8JsonWriter writer, ImmutableArray<Condition> any)
    {
        if (any.IsEmpty)
        {
            return;
        }

        writer.WriteStartArray("where"u8);
        foreach (var condition in any)
        {
            condition.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    /// <summary><c>[found, last-txn-id, table-updates2]</c></summary>
    private bool ReadSinceReply(ref Utf8JsonReader reader)
    {
        reader.Read();
        var isResumed = Atom.Boolean.Read(ref reader);
        reader.Read();
        var transaction = reader.GetGuid();
        reader.Read();
        Load(ref reader, isComplete: !isResumed);
        _lastTransaction = transaction;
        return isResumed;
    }

    private bool ReadReply(ref Utf8JsonReader reader)
    {
        Load(ref reader, isComplete: true);
        return false;
    }

    private void Load(ref Utf8JsonReader reader, bool isComplete)
    {
        replica.Apply(ref reader, isComplete, isResync: true);
        _isLoaded = true;
    }

    /// <summary><c>[monitor-id, last-txn-id, table-updates2]</c>, in update2 without the middle one.</summary>
    private void ReadUpdate(ReadOnlySequence<byte> parameters, bool hasTransaction)
    {
        if (!_isLoaded)
        {
            throw OvsdbException.Protocol("The server sent an update before the rows it applies to.");
        }

        var reader = new Utf8JsonReader(parameters);
        reader.Read();
        reader.Read();
        if (!reader.ValueTextEquals(MonitorId))
        {
            throw OvsdbException.Protocol("The server sent an update of a replication that nobody asked for.");
        }

        reader.Read();
        var transaction = _lastTransaction;
        if (hasTransaction)
        {
            transaction = reader.GetGuid();
            reader.Read();
        }

        replica.Apply(ref reader, isComplete: false, isResync: false);
        _lastTransaction = transaction;
    }
}
