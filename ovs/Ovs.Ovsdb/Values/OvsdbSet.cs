using System.Collections;
using System.Runtime.CompilerServices;

namespace Ovs.Ovsdb;

/// <summary>An immutable set column's value: equal when it holds the same elements, whatever the order they came in.</summary>
/// <remarks>Kept sorted (text by ordinal), so that equality and iteration order do not depend on the server. <c>default</c> is empty.</remarks>
/// <typeparam name="T">An atom: text, integer, real, boolean, <see cref="RowId"/> or an enumeration.</typeparam>
[CollectionBuilder(typeof(OvsdbSet), nameof(OvsdbSet.Create))]
public readonly struct OvsdbSet<T> : IReadOnlyList<T>, IEquatable<OvsdbSet<T>>
    where T : notnull
{
    private static readonly IComparer<T> Order =
        typeof(T) == typeof(string) ? (IComparer<T>)(object)StringComparer.Ordinal : Comparer<T>.Default;

    private readonly T[]? _items;

    private OvsdbSet(T[] sortedAndDistinct) => _items = sortedAndDistinct;

    internal ReadOnlySpan<T> Span => _items;

    /// <inheritdoc/>
    public int Count => Span.Length;

    /// <inheritdoc/>
    public T this[int index] => Span[index];

    /// <summary>Whether the set has this element; takes O(log n).</summary>
    public bool Contains(T item) => Span.BinarySearch(item, Order) >= 0;

    /// <summary>This set and the elements of the other.</summary>
    public OvsdbSet<T> Union(OvsdbSet<T> other) => Merge(this, other, onlyLeft: true, both: true, onlyRight: true);

    /// <summary>This set without the elements of the other.</summary>
    public OvsdbSet<T> Except(OvsdbSet<T> other) => Merge(this, other, onlyLeft: true, both: false, onlyRight: false);

    /// <summary>The elements that exactly one of the two has: what OVSDB's update2 and update3 send for a changed set.</summary>
    public OvsdbSet<T> SymmetricExcept(OvsdbSet<T> other) => Merge(this, other, onlyLeft: true, both: false, onlyRight: true);

    /// <inheritdoc/>
    public bool Equals(OvsdbSet<T> other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OvsdbSet<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in Span)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", this)}]";

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)(_items ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether both hold the same elements.</summary>
    public static bool operator ==(OvsdbSet<T> left, OvsdbSet<T> right) => left.Equals(right);

    /// <summary>Whether one holds an element that the other does not.</summary>
    public static bool operator !=(OvsdbSet<T> left, OvsdbSet<T> right) => !left.Equals(right);

    internal static OvsdbSet<T> FromUnsorted(T[] items)
    {
        if (items.Length < 2)
        {
            return new(items);
        }

        Array.Sort(items, Order);
        var kept = 1;
        for (var i = 1; i < items.Length; i++)
        {
            if (Order.Compare(items[i], items[kept - 1]) != 0)
            {
                items[kept++] = items[i];
            }
        }

        return new(kept == items.Length ? items : items[..kept]);
    }

    private static OvsdbSet<T> Merge(OvsdbSet<T> left, OvsdbSet<T> right, bool onlyLeft, bool both, bool onlyRight)
    {
        var a = left.Span;
        var b = right.Span;
        var result = new List<T>(a.Length + b.Length);
        int i = 0, j = 0;
        while (i < a.Length || j < b.Length)
        {
            var order = i == a.Length ? 1 : j == b.Length ? -1 : Order.Compare(a[i], b[j]);
            if (order < 0 ? onlyLeft : order > 0 ? onlyRight : both)
            {
                result.Add(order > 0 ? b[j] : a[i]);
            }

            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return new([.. result]);
    }
}

/// <summary>Makes <see cref="OvsdbSet{T}"/> values; used by collection expressions.</summary>
public static class OvsdbSet
{
    /// <summary>The set of these elements; repeated ones count once.</summary>
    public static OvsdbSet<T> Create<T>(ReadOnlySpan<T> items)
        where T : notnull => OvsdbSet<T>.FromUnsorted(items.ToArray());
}
