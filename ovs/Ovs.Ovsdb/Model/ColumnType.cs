using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>The type of a column: one atom, an optional one, a set or a map. RFC 7047 §3.2, <c>&lt;type&gt;</c>.</summary>
/// <typeparam name="T">The type in code.</typeparam>
public abstract class ColumnType<T>
{
    private protected ColumnType()
    {
    }

    /// <summary>What a row has in the column when nothing was written to it.</summary>
    internal abstract T Default { get; }

    internal abstract T Read(ref Utf8JsonReader reader);

    /// <summary>Applies what update2 and update3 send for a changed column (ovsdb-server(7) §4.1.14).</summary>
    internal virtual T ReadDifference(T current, ref Utf8JsonReader reader) => Read(ref reader);

    internal abstract void Write(Utf8JsonWriter writer, T value);
}

/// <summary>Makes column types.</summary>
public static class ColumnType
{
    /// <summary>Exactly one value.</summary>
    public static ColumnType<T> One<T>(Atom<T> atom)
        where T : notnull => new OneType<T>(atom);

    /// <summary>A value or none; none is null.</summary>
    public static ColumnType<T?> Optional<T>(Atom<T> atom)
        where T : struct => new OptionalType<T>(atom);

    /// <summary>Text or none; none is null.</summary>
    public static ColumnType<string?> OptionalText() => new OptionalTextType();

    /// <summary>Any number of distinct values.</summary>
    public static ColumnType<OvsdbSet<T>> Set<T>(Atom<T> atom)
        where T : notnull => new SetType<T>(atom);

    /// <summary>Any number of keys, each with a value.</summary>
    public static ColumnType<OvsdbMap<TKey, TValue>> Map<TKey, TValue>(Atom<TKey> key, Atom<TValue> value)
        where TKey : notnull
        where TValue : notnull => new MapType<TKey, TValue>(key, value);

    private static void WriteEmptySet(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        writer.WriteStringValue("set"u8);
        writer.WriteStartArray();
        writer.WriteEndArray();
        writer.WriteEndArray();
    }

    /// <summary>Steps into <c>["set", [</c> or <c>["map", [</c>; false, without moving, if something else stands there.</summary>
    private static bool TryEnter(ref Utf8JsonReader reader, ReadOnlySpan<byte> tag)
    {
        var ahead = reader;
        if (ahead.TokenType != JsonTokenType.StartArray || !ahead.Read() || ahead.TokenType != JsonTokenType.String
            || !ahead.ValueTextEquals(tag) || !ahead.Read() || ahead.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        reader = ahead;
        return true;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (!reader.Read() || reader.TokenType != token)
        {
            throw Atom.Unexpected(token.ToString(), reader.TokenType);
        }
    }

    private sealed class OneType<T>(Atom<T> atom) : ColumnType<T>
        where T : notnull
    {
        internal override T Default => atom.Default;

        internal override T Read(ref Utf8JsonReader reader) => atom.Read(ref reader);

        internal override void Write(Utf8JsonWriter writer, T value) => atom.Write(writer, value);
    }

    private sealed class OptionalType<T>(Atom<T> atom) : ColumnType<T?>
        where T : struct
    {
        internal override T? Default => null;

        internal override T? Read(ref Utf8JsonReader reader)
        {
            if (!TryEnter(ref reader, "set"u8))
            {
                return atom.Read(ref reader);
            }

            T? value = null;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                value = atom.Read(ref reader);
            }

            Expect(ref reader, JsonTokenType.EndArray);
            return value;
        }

        internal override void Write(Utf8JsonWriter writer, T? value)
        {
            if (value is { } present)
            {
                atom.Write(writer, present);
            }
            else
            {
                WriteEmptySet(writer);
            }
        }
    }

    private sealed class OptionalTextType : ColumnType<string?>
    {
        internal override string? Default => null;

        internal override string? Read(ref Utf8JsonReader reader)
        {
            if (!TryEnter(ref reader, "set"u8))
            {
                return Atom.Text.Read(ref reader);
            }

            string? value = null;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                value = Atom.Text.Read(ref reader);
            }

            Expect(ref reader, JsonTokenType.EndArray);
            return value;
        }

        internal override void Write(Utf8JsonWriter writer, string? value)
        {
            if (value is null)
            {
                WriteEmptySet(writer);
            }
            else
            {
                writer.WriteStringValue(value);
            }
        }
    }

    private sealed class SetType<T>(Atom<T> atom) : ColumnType<OvsdbSet<T>>
        where T : notnull
    {
        internal override OvsdbSet<T> Default => default;

        internal override OvsdbSet<T> Read(ref Utf8JsonReader reader)
        {
            if (!TryEnter(ref reader, "set"u8))
            {
                return OvsdbSet<T>.FromUnsorted([atom.Read(ref reader)]);
            }

            var items = new List<T>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                items.Add(atom.Read(ref reader));
            }

            Expect(ref reader, JsonTokenType.EndArray);
            return OvsdbSet<T>.FromUnsorted([.. items]);
        }

        internal override OvsdbSet<T> ReadDifference(OvsdbSet<T> current, ref Utf8JsonReader reader) =>
            current.SymmetricExcept(Read(ref reader));

        internal override void Write(Utf8JsonWriter writer, OvsdbSet<T> value)
        {
            writer.WriteStartArray();
            writer.WriteStringValue("set"u8);
            writer.WriteStartArray();
            foreach (var item in value.Span)
            {
                atom.Write(writer, item);
            }

            writer.WriteEndArray();
            writer.WriteEndArray();
        }
    }

    private sealed class MapType<TKey, TValue>(Atom<TKey> key, Atom<TValue> value) : ColumnType<OvsdbMap<TKey, TValue>>
        where TKey : notnull
        where TValue : notnull
    {
        internal override OvsdbMap<TKey, TValue> Default => default;

        internal override OvsdbMap<TKey, TValue> Read(ref Utf8JsonReader reader)
        {
            if (!TryEnter(ref reader, "map"u8))
            {
                throw Atom.Unexpected("[\"map\", [...]]", reader.TokenType);
            }

            var pairs = new List<KeyValuePair<TKey, TValue>>();
            while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
            {
                reader.Read();
                var k = key.Read(ref reader);
                reader.Read();
                pairs.Add(new(k, value.Read(ref reader)));
                Expect(ref reader, JsonTokenType.EndArray);
            }

            Expect(ref reader, JsonTokenType.EndArray);
            return OvsdbMap<TKey, TValue>.FromUnsorted([.. pairs]);
        }

        internal override OvsdbMap<TKey, TValue> ReadDifference(OvsdbMap<TKey, TValue> current, ref Utf8JsonReader reader) =>
            current.ApplyDifference(Read(ref reader));

        internal override void Write(Utf8JsonWriter writer, OvsdbMap<TKey, TValue> map)
        {
            writer.WriteStartArray();
            writer.WriteStringValue("map"u8);
            writer.WriteStartArray();
            foreach (var (k, v) in map.Span)
            {
                writer.WriteStartArray();
                key.Write(writer, k);
                value.Write(writer, v);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndArray();
        }
    }
}
