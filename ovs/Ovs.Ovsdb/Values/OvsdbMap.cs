using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Ovs.Ovsdb;

/// <summary>An immutable map column's value: equal when it holds the same pairs, whatever the order they came in.</summary>
/// <remarks>Kept sorted by key (text by ordinal). <c>default</c> is empty.</remarks>
/// <typeparam name="TKey">An atom.</typeparam>
/// <typeparam name="TValue">An atom.</typeparam>
[CollectionBuilder(typeof(OvsdbMap), nameof(OvsdbMap.Create))]
public readonly struct OvsdbMap<TKey, TValue> : IReadOnlyDictionary<TKey, TValue>, IEquatable<OvsdbMap<TKey, TValue>>
    where TKey : notnull
    where TValue : notnull
{
    private static readonly IComparer<TKey> Order =
        typeof(TKey) == typeof(string) ? (IComparer<TKey>)(object)StringComparer.Ordinal : Comparer<TKey>.Default;

    private readonly KeyValuePair<TKey, TValue>[]? _pairs;

    private OvsdbMap(KeyValuePair<TKey, TValue>[] sortedAndDistinct) => _pairs = sortedAndDistinct;

    internal ReadOnlySpan<KeyValuePair<TKey, TValue>> Span => _pairs;

    /// <inheritdoc/>
    public int Count => Span.Length;

    /// <inheritdoc/>
    public IEnumerable<TKey> Keys => this.Select(pair => pair.Key);

    /// <inheritdoc/>
    public IEnumerable<TValue> Values => this.Select(pair => pair.Value);

    /// <inheritdoc/>
    public TValue this[TKey key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"The map has no key '{key}'.");

    /// <inheritdoc/>
    public bool ContainsKey(TKey key) => IndexOf(key) >= 0;

    /// <inheritdoc/>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var index = IndexOf(key);
        value = index >= 0 ? Span[index].Value : default;
        return index >= 0;
    }

    /// <summary>This map with the pair added, or the key's value replaced.</summary>
    public OvsdbMap<TKey, TValue> With(TKey key, TValue value) => Update([new(key, value)], toggle: false);

    /// <summary>This map with the other's pairs added; where both have a key, the other's value holds.</summary>
    public OvsdbMap<TKey, TValue> With(OvsdbMap<TKey, TValue> other) => Update(other.Span, toggle: false);

    /// <summary>This map without a key.</summary>
    public OvsdbMap<TKey, TValue> Without(TKey key)
    {
        var index = IndexOf(key);
        return index < 0 ? this : new([.. Span[..index], .. Span[(index + 1)..]]);
    }

    /// <summary>
    /// Applies a difference as update2 and update3 send it: a pair that the map has goes, a new key comes, a known key
    /// with another value takes that value.
    /// </summary>
    /// <remarks>ovsdb-server(7) §4.1.14.</remarks>
    public OvsdbMap<TKey, TValue> ApplyDifference(OvsdbMap<TKey, TValue> difference) => Update(difference.Span, toggle: true);

    /// <inheritdoc/>
    public bool Equals(OvsdbMap<TKey, TValue> other)
    {
        var a = Span;
        var b = other.Span;
        if (a.Length != b.Length)
        {
            return false;
        }

        for (var i = 0; i < a.Length; i++)
        {
            if (!EqualityComparer<TKey>.Default.Equals(a[i].Key, b[i].Key) || !EqualityComparer<TValue>.Default.Equals(a[i].Value, b[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OvsdbMap<TKey, TValue> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (key, value) in Span)
        {
            hash.Add(key);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{{{string.Join(", ", this.Select(pair => $"{pair.Key}={pair.Value}"))}}}";

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => ((IEnumerable<KeyValuePair<TKey, TValue>>)(_pairs ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether both hold the same pairs.</summary>
    public static bool operator ==(OvsdbMap<TKey, TValue> left, OvsdbMap<TKey, TValue> right) => left.Equals(right);

    /// <summary>Whether one holds a pair that the other does not.</summary>
    public static bool operator !=(OvsdbMap<TKey, TValue> left, OvsdbMap<TKey, TValue> right) => !left.Equals(right);

    internal static OvsdbMap<TKey, TValue> FromUnsorted(ReadOnlySpan<KeyValuePair<TKey, TValue>> pairs)
    {
        // The server sends maps in order, so this is nearly always all that is needed.
        if (IsAscending(pairs))
        {
            return new(pairs.ToArray());
        }

        var sorted = new SortedDictionary<TKey, TValue>(Order);
        foreach (var (key, value) in pairs)
        {
            sorted[key] = value;
        }

        return new([.. sorted]);
    }

    private static bool IsAscending(ReadOnlySpan<KeyValuePair<TKey, TValue>> pairs)
    {
        for (var i = 1; i < pairs.Length; i++)
        {
            if (Order.Compare(pairs[i - 1].Key, pairs[i].Key) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private int IndexOf(TKey key)
    {
        int low = 0, high = Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Order.Compare(Span[middle].Key, key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    private OvsdbMap<TKey, TValue> Update(ReadOnlySpan<KeyValuePair<TKey, TValue>> others, bool toggle)
    {
        if (others.IsEmpty)
        {
            return this;
        }

        var sorted = new SortedDictionary<TKey, TValue>(Order);
        foreach (var (key, value) in Span)
        {
            sorted.Add(key, value);
        }

        foreach (var (key, value) in others)
        {
            if (toggle && sorted.TryGetValue(key, out var present) && EqualityComparer<TValue>.Default.Equals(present, value))
            {
                sorted.Remove(key);
            }
            else
            {
                sorted[key] = value;
            }
        }

        return new([.. sorted]);
    }
}

/// <summary>Makes <see cref="OvsdbMap{TKey, TValue}"/> values; used by collection expressions.</summary>
public static class OvsdbMap
{
    /// <summary>The map of these pairs; of a repeated key the last value holds.</summary>
    public static OvsdbMap<TKey, TValue> Create<TKey, TValue>(ReadOnlySpan<KeyValuePair<TKey, TValue>> pairs)
        where TKey : notnull
        where TValue : notnull => OvsdbMap<TKey, TValue>.FromUnsorted(pairs);

    /// <summary>The map of these pairs; of a repeated key the last value holds.</summary>
    public static OvsdbMap<string, string> Of(params ReadOnlySpan<(string Key, string Value)> pairs)
    {
        var list = new KeyValuePair<string, string>[pairs.Length];
        for (var i = 0; i < pairs.Length; i++)
        {
            list[i] = new(pairs[i].Key, pairs[i].Value);
        }

        return OvsdbMap<string, string>.FromUnsorted(list);
    }
}
