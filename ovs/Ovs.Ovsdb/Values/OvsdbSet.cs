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

    /// <remarks>A switch holds tens of thousands of ports and a change has a few: what lies between those is found by leaps and copied whole.</remarks>
    private static OvsdbSet<T> Merge(OvsdbSet<T> left, OvsdbSet<T> right, bool onlyLeft, bool both, bool onlyRight)
    {
        // Counted first: mostly there is nothing, or all but a few, and either way nothing is made in vain.
        var count = Merge(left.Span, right.Span, onlyLeft, both, onlyRight, []);
        if (count == 0)
        {
            return default;
        }

        var result = new T[count];
        Merge(left.Span, right.Span, onlyLeft, both, onlyRight, result);
        return new(result);
    }

    /// <param name="into">Gets the result; empty to have it counted only.</param>
    private static int Merge(ReadOnlySpan<T> left, ReadOnlySpan<T> right, bool onlyLeft, bool both, bool onlyRight, Span<T> into)
    {
        var count = 0;
        for (var i = 0; i < right.Length; i++)
        {
            var before = CountBefore(left, right[i]);
            Put(onlyLeft ? left[..before] : [], into, ref count);
            left = left[before..];
            var isInBoth = left.Length > 0 && Order.Compare(left[0], right[i]) == 0;
            Put((isInBoth ? both : onlyRight) ? right.Slice(i, 1) : [], into, ref count);
            left = left[(isInBoth ? 1 : 0)..];
        }

        Put(onlyLeft ? left : [], into, ref count);
        return count;
    }

    private static void Put(ReadOnlySpan<T> items, Span<T> into, ref int count)
    {
        if (!into.IsEmpty)
        {
            items.CopyTo(into[count..]);
        }

        count += items.Length;
    }

    /// <summary>How many items at the front of a sorted span come before another; takes O(log n) of that number.</summary>
    private static int CountBefore(ReadOnlySpan<T> items, T item)
    {
        var (from, to) = (0, 0);
        for (var step = 1; to < items.Length && Order.Compare(items[to], item) < 0; step *= 2)
        {
            from = to + 1;
            to += step;
        }

        var found = items[from..Math.Min(to, items.Length)].BinarySearch(item, Order);
        return from + (found >= 0 ? found : ~found);
    }
}

/// <summary>Makes <see cref="OvsdbSet{T}"/> values; used by collection expressions.</summary>
public static class OvsdbSet
{
    /// <summary>The set of these elements; repeated ones count once.</summary>
    public static OvsdbSet<T> Create<T>(ReadOnlySpan<T> items)
        where T : notnull => OvsdbSet<T>.FromUnsorted(items.ToArray());
}
