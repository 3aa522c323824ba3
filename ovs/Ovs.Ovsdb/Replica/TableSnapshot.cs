using System.Buffers.Text;
using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>A table's rows at one moment.</summary>
public abstract class TableSnapshot
{
    private protected TableSnapshot()
    {
    }

    /// <summary>Reads a <c>&lt;table-update2&gt;</c> and answers with the table after it.</summary>
    /// <param name="reader">Stands on the start of the object.</param>
    /// <param name="isComplete">The update holds every row there is, so rows it does not name are gone.</param>
    /// <param name="changes">What changed is added here.</param>
    internal abstract TableSnapshot Apply(ref Utf8JsonReader reader, bool isComplete, List<RowChange> changes);

    /// <summary>The table with no rows.</summary>
    internal abstract TableSnapshot Clear(List<RowChange> changes);
}

/// <summary>A table's rows at one moment. It never changes: what is read from it stays true of that moment.</summary>
/// <typeparam name="TRow">The row type.</typeparam>
public sealed class TableSnapshot<TRow> : TableSnapshot, IReadOnlyCollection<TRow>
    where TRow : class, IRow<TRow>
{
    internal static readonly TableSnapshot<TRow> Empty =
        new(ImmutableDictionary<Guid, TRow>.Empty, ImmutableDictionary.Create<string, TRow>(StringComparer.Ordinal));

    private readonly ImmutableDictionary<Guid, TRow> _rows;
    private readonly ImmutableDictionary<string, TRow> _byName;

    private TableSnapshot(ImmutableDictionary<Guid, TRow> rows, ImmutableDictionary<string, TRow> byName)
    {
        _rows = rows;
        _byName = byName;
    }

    /// <inheritdoc/>
    public int Count => _rows.Count;

    /// <summary>The row with a UUID, or null.</summary>
    public TRow? Find(RowId id) => _rows.GetValueOrDefault(id.Uuid);

    /// <summary>The row with a name, or null; takes no look at the other rows.</summary>
    /// <exception cref="InvalidOperationException">The schema lets rows of this table share a name.</exception>
    public TRow? FindByName(string name) => TRow.Table.Key is not null
        ? _byName.GetValueOrDefault(name)
        : throw new InvalidOperationException($"Rows of {TRow.Table.Name} may share a name.");

    /// <summary>The row with a UUID.</summary>
    public bool TryFind(RowId id, [MaybeNullWhen(false)] out TRow row) => _rows.TryGetValue(id.Uuid, out row);

    /// <inheritdoc/>
    public IEnumerator<TRow> GetEnumerator() => _rows.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal override TableSnapshot Clear(List<RowChange> changes)
    {
        changes.AddRange(_rows.Values.Select(row => new RowChange<TRow>(row.Uuid, row, null)));
        return Empty;
    }

    internal override TableSnapshot Apply(ref Utf8JsonReader reader, bool isComplete, List<RowChange> changes)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Atom.Unexpected("a table's update", reader.TokenType);
        }

        var rows = _rows.ToBuilder();
        var first = changes.Count;
        var named = isComplete ? new HashSet<Guid>() : null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var uuid = ReadUuid(ref reader);
            reader.Read();
            named?.Add(uuid);
            var before = rows.GetValueOrDefault(uuid);
            var after = ReadRowUpdate(uuid, before, ref reader);
            Record(rows, uuid, before, after, changes);
        }

        if (named is not null)
        {
            foreach (var gone in _rows.Where(pair => !named.Contains(pair.Key)))
            {
                Record(rows, gone.Key, gone.Value, null, changes);
            }
        }

        return changes.Count == first ? this : new TableSnapshot<TRow>(rows.ToImmutable(), Reindex(changes, first));
    }

    private static Guid ReadUuid(ref Utf8JsonReader reader)
    {
        const int Length = 36;
        Span<byte> text = stackalloc byte[Length];
        var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        return length == Length && !reader.ValueIsEscaped && reader.CopyString(text) == Length && Utf8Parser.TryParse(text, out Guid uuid, out var used) && used == Length
            ? uuid
            : throw Atom.Unexpected("a row's UUID", reader.TokenType);
    }

    private static void Record(ImmutableDictionary<Guid, TRow>.Builder rows, Guid uuid, TRow? before, TRow? after, List<RowChange> changes)
    {
        if (Equals(before, after))
        {
            return;
        }

        changes.Add(new RowChange<TRow>(uuid, before, after));
        if (after is null)
        {
            rows.Remove(uuid);
        }
        else
        {
            rows[uuid] = after;
        }
    }

    /// <summary>Reads a <c>&lt;row-update2&gt;</c>: one member, which says how the row in it is meant.</summary>
    private static TRow? ReadRowUpdate(Guid uuid, TRow? before, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            throw Atom.Unexpected("a row's update", reader.TokenType);
        }

        TRow? after = null;
        if (reader.ValueTextEquals("modify"u8))
        {
            reader.Read();
            after = TRow.Copy(before ?? throw new JsonException($"The server changes row {uuid} of {TRow.Table.Name}, which it never sent."), uuid);
            TRow.Table.ReadRow(after, ref reader, isDifference: true);
        }
        else if (reader.ValueTextEquals("initial"u8) || reader.ValueTextEquals("insert"u8))
        {
            reader.Read();
            after = TRow.Copy(null, uuid);
            TRow.Table.ReadRow(after, ref reader, isDifference: false);
        }
        else if (reader.ValueTextEquals("delete"u8))
        {
            reader.Read();
            reader.Skip();
        }
        else
        {
            throw new JsonException($"The server sent the row update '{reader.GetString()}'.");
        }

        return reader.Read() && reader.TokenType == JsonTokenType.EndObject
            ? after
            : throw Atom.Unexpected("the end of a row's update", reader.TokenType);
    }

    /// <summary>Names may pass from one row to another within an update, so all old ones go before the new ones come.</summary>
    private ImmutableDictionary<string, TRow> Reindex(List<RowChange> changes, int first)
    {
        if (TRow.Table.Key is not { } key)
        {
            return _byName;
        }

        var byName = _byName.ToBuilder();
        for (var i = first; i < changes.Count; i++)
        {
            if (((RowChange<TRow>)changes[i]).Before is { } before)
            {
                byName.Remove(key(before));
            }
        }

        for (var i = first; i < changes.Count; i++)
        {
            if (((RowChange<TRow>)changes[i]).After is { } after)
            {
                byName[key(after)] = after;
            }
        }

        return byName.ToImmutable();
    }
}
