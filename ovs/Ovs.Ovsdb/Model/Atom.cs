using System.Collections.Frozen;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>How one of the database's scalar types stands in JSON. RFC 7047 §5.1, <c>&lt;atom&gt;</c>.</summary>
/// <typeparam name="T">The type in code.</typeparam>
public abstract class Atom<T>
    where T : notnull
{
    private protected Atom()
    {
    }

    /// <summary>What a row has in such a column when nothing was written to it (RFC 7047 §5.2.1).</summary>
    internal abstract T Default { get; }

    /// <summary>Reads the value the reader stands on, and leaves the reader on its last token.</summary>
    internal abstract T Read(ref Utf8JsonReader reader);

    internal abstract void Write(Utf8JsonWriter writer, T value);
}

/// <summary>The scalar types of RFC 7047 §3.2.</summary>
public static class Atom
{
    /// <summary>Text.</summary>
    public static Atom<string> Text { get; } = new TextAtom();

    /// <summary>A 64-bit signed integer.</summary>
    public static Atom<long> Integer { get; } = new IntegerAtom();

    /// <summary>A double.</summary>
    public static Atom<double> Real { get; } = new RealAtom();

    /// <summary>A boolean.</summary>
    public static Atom<bool> Boolean { get; } = new BooleanAtom();

    /// <summary>A UUID, which in nearly every column refers to a row.</summary>
    public static Atom<RowId> Uuid { get; } = new UuidAtom();

    /// <summary>Text of which the schema lists the permitted values.</summary>
    /// <param name="names">
    /// Each member with its text. Text that is not listed reads as <c>default</c>, which every generated enumeration
    /// calls <c>Unknown</c>; that member cannot be written.
    /// </param>
    public static Atom<T> Enumeration<T>(params ReadOnlySpan<(T Value, string Text)> names)
        where T : struct, Enum => new EnumerationAtom<T>(names);

    private sealed class TextAtom : Atom<string>
    {
        internal override string Default => "";

        internal override string Read(ref Utf8JsonReader reader) =>
            reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Unexpected("text", reader.TokenType);

        internal override void Write(Utf8JsonWriter writer, string value) => writer.WriteStringValue(value);
    }

    private sealed class IntegerAtom : Atom<long>
    {
        internal override long Default => 0;

        internal override long Read(ref Utf8JsonReader reader) =>
            reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) ? value : throw Unexpected("an integer", reader.TokenType);

        internal override void Write(Utf8JsonWriter writer, long value) => writer.WriteNumberValue(value);
    }

    private sealed class RealAtom : Atom<double>
    {
        internal override double Default => 0;

        internal override double Read(ref Utf8JsonReader reader) =>
            reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var value) ? value : throw Unexpected("a number", reader.TokenType);

        internal override void Write(Utf8JsonWriter writer, double value) => writer.WriteNumberValue(value);
    }

    private sealed class BooleanAtom : Atom<bool>
    {
        internal override bool Default => false;

        internal override bool Read(ref Utf8JsonReader reader) => reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            var other => throw Unexpected("a boolean", other),
        };

        internal override void Write(Utf8JsonWriter writer, bool value) => writer.WriteBooleanValue(value);
    }

    private sealed class UuidAtom : Atom<RowId>
    {
        internal override RowId Default => default;

        internal override RowId Read(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartArray || !reader.Read() || !reader.ValueTextEquals("uuid"u8) || !reader.Read()
                || reader.TokenType != JsonTokenType.String || !reader.TryGetGuid(out var uuid) || !reader.Read()
                || reader.TokenType != JsonTokenType.EndArray)
            {
                throw Unexpected("[\"uuid\", UUID]", reader.TokenType);
            }

            return uuid;
        }

        internal override void Write(Utf8JsonWriter writer, RowId value)
        {
            writer.WriteStartArray();
            if (value.Name is { } name)
            {
                writer.WriteStringValue("named-uuid"u8);
                writer.WriteStringValue(name);
            }
            else
            {
                writer.WriteStringValue("uuid"u8);
                writer.WriteStringValue(value.Uuid);
            }

            writer.WriteEndArray();
        }
    }

    private sealed class EnumerationAtom<T> : Atom<T>
        where T : struct, Enum
    {
        private readonly FrozenDictionary<string, T> _values;
        private readonly FrozenDictionary<T, string> _texts;

        internal EnumerationAtom(ReadOnlySpan<(T Value, string Text)> names)
        {
            var pairs = names.ToArray();
            _values = pairs.ToFrozenDictionary(pair => pair.Text, pair => pair.Value, StringComparer.Ordinal);
            _texts = pairs.ToFrozenDictionary(pair => pair.Value, pair => pair.Text);
        }

        internal override T Default => default;

        internal override T Read(ref Utf8JsonReader reader) => _values.GetValueOrDefault(Text.Read(ref reader));

        internal override void Write(Utf8JsonWriter writer, T value) => writer.WriteStringValue(
            _texts.TryGetValue(value, out var text)
                ? text
                : throw new ArgumentOutOfRangeException(nameof(value), value, $"{typeof(T).Name} has no such member in the schema."));
    }

    internal static JsonException Unexpected(string wanted, JsonTokenType found) => new($"The server sent {found} where {wanted} belongs.");
}
