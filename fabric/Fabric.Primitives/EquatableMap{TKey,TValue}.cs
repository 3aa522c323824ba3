using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// A small immutable dictionary (labels, annotations) that equals another when keys and values are equal, whatever the
/// order they came in. <c>default</c> is the empty one. An object in JSON, where <c>null</c> is read as empty.
/// </summary>
/// <typeparam name="TKey">A key; strings are compared by character number.</typeparam>
/// <typeparam name="TValue">A value; it should itself have value equality.</typeparam>
/// <remarks>
/// Kept and enumerated in the order of keys, so that its text and JSON are the same for equal maps. Looking up takes
/// O(log n), changing O(n). For source-generated JSON the same holds as for <see cref="EquatableArray{T}"/>.
/// </remarks>
[CollectionBuilder(typeof(EquatableMap), nameof(EquatableMap.Create))]
[JsonConverter(typeof(EquatableCollectionJsonConverterFactory))]
public readonly struct EquatableMap<TKey, TValue>
    : IReadOnlyDictionary<TKey, TValue>, IEquatable<EquatableMap<TKey, TValue>>, IEquatableCollection
    where TKey : notnull, IComparable<TKey>
{
    private static readonly IComparer<TKey> Order =
        typeof(TKey) == typeof(string) ? (IComparer<TKey>)StringComparer.Ordinal : Comparer<TKey>.Default;

    private readonly KeyValuePair<TKey, TValue>[]? _entries;

    private EquatableMap(KeyValuePair<TKey, TValue>[] sorted) => _entries = sorted.Length == 0 ? null : sorted;

    /// <inheritdoc/>
    public int Count => _entries?.Length ?? 0;

    /// <summary>Whether there is no entry.</summary>
    public bool IsEmpty => _entries is null;

    /// <inheritdoc/>
    public IEnumerable<TKey> Keys => Entries.Select(entry => entry.Key);

    /// <inheritdoc/>
    public IEnumerable<TValue> Values => Entries.Select(entry => entry.Value);

    private KeyValuePair<TKey, TValue>[] Entries => _entries ?? [];

    /// <inheritdoc/>
    public TValue this[TKey key] => TryGetValue(key, out var value)
        ? value
        : throw new KeyNotFoundException($"There is no entry '{key}'.");

    /// <inheritdoc/>
    public bool ContainsKey(TKey key) => Find(key) >= 0;

    /// <inheritdoc/>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var index = Find(key);
        value = index >= 0 ? Entries[index].Value : default;
        return index >= 0;
    }

    /// <summary>The value of <paramref name="key"/>, or <c>default</c> if it has none.</summary>
    public TValue? GetValueOrDefault(TKey key) => TryGetValue(key, out var value) ? value : default;

    /// <summary>A map in which <paramref name="key"/> has <paramref name="value"/>, whether or not it had one.</summary>
    public EquatableMap<TKey, TValue> With(TKey key, TValue value)
    {
        var index = Find(key);
        var entry = KeyValuePair.Create(key, value);
        var at = index >= 0 ? index : ~index;
        var rest = Entries.AsSpan(index >= 0 ? index + 1 : at);
        return new([.. Entries.AsSpan(0, at), entry, .. rest]);
    }

    /// <summary>A map without <paramref name="key"/>.</summary>
    public EquatableMap<TKey, TValue> Without(TKey key)
    {
        var index = Find(key);
        return index < 0 ? this : new([.. Entries.AsSpan(0, index), .. Entries.AsSpan(index + 1)]);
    }

    /// <inheritdoc/>
    public bool Equals(EquatableMap<TKey, TValue> other)
    {
        if (ReferenceEquals(_entries, other._entries))
            return true;
        if (Count != other.Count)
            return false;
        for (var i = 0; i < Entries.Length; i++)
        {
            var (mine, theirs) = (Entries[i], other.Entries[i]);
            if (Order.Compare(mine.Key, theirs.Key) != 0
                || !EqualityComparer<TValue>.Default.Equals(mine.Value, theirs.Value))
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EquatableMap<TKey, TValue> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (key, value) in Entries)
        {
            hash.Add(key);
            hash.Add(value);
        }
        return hash.ToHashCode();
    }

    /// <summary>The entries in braces, as a log or a failed assertion shows them.</summary>
    public override string ToString() => $"{{{string.Join(", ", Entries.Select(entry => $"{entry.Key}={entry.Value}"))}}}";

    /// <summary>Enumerates in the order of keys without allocating.</summary>
    public ImmutableArray<KeyValuePair<TKey, TValue>>.Enumerator GetEnumerator() =>
        ImmutableCollectionsMarshal.AsImmutableArray(Entries).GetEnumerator();

    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() =>
        ((IEnumerable<KeyValuePair<TKey, TValue>>)Entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Entries.GetEnumerator();

    JsonConverter IEquatableCollection.CreateConverter() => new EquatableMapJsonConverter<TKey, TValue>();

    /// <summary>Whether keys and values are equal.</summary>
    public static bool operator ==(EquatableMap<TKey, TValue> left, EquatableMap<TKey, TValue> right) =>
        left.Equals(right);

    /// <summary>Whether some key or value differs.</summary>
    public static bool operator !=(EquatableMap<TKey, TValue> left, EquatableMap<TKey, TValue> right) =>
        !left.Equals(right);

    /// <summary>Sorts the array in place and takes it; the caller keeps no reference.</summary>
    /// <exception cref="ArgumentException">A key occurs twice.</exception>
    internal static EquatableMap<TKey, TValue> FromOwned(KeyValuePair<TKey, TValue>[] entries)
    {
        Array.Sort(entries, static (a, b) => Order.Compare(a.Key, b.Key));
        for (var i = 1; i < entries.Length; i++)
        {
            if (Order.Compare(entries[i - 1].Key, entries[i].Key) == 0)
                throw new ArgumentException($"The key '{entries[i].Key}' occurs twice.", nameof(entries));
        }
        return new(entries);
    }

    /// <returns>The key's index, or the complement of where it would be.</returns>
    private int Find(TKey key)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Order.Compare(Entries[middle].Key, key);
            if (order == 0)
                return middle;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return ~low;
    }
}
