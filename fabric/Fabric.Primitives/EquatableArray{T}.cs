using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// An immutable list that equals another when the items are equal and in the same order, which makes a record holding
/// one comparable. <c>default</c> is the empty list. Written as <c>[a, b]</c> in C# and as an array in JSON, where
/// <c>null</c> is read as empty because Go writes empty lists so.
/// </summary>
/// <typeparam name="T">An item; it should itself have value equality.</typeparam>
/// <remarks>
/// In a source-generated JSON context register <typeparamref name="T"/> when it is a record: the generator does not
/// look inside a type that has a converter. Strings and types that name their own converter need nothing.
/// </remarks>
[CollectionBuilder(typeof(EquatableArray), nameof(EquatableArray.Create))]
[JsonConverter(typeof(EquatableCollectionJsonConverterFactory))]
public readonly struct EquatableArray<T> : IReadOnlyList<T>, IEquatable<EquatableArray<T>>, IEquatableCollection
{
    private readonly T[]? _items;

    /// <summary>Takes the array as it is; the caller keeps no reference.</summary>
    internal EquatableArray(T[] items) => _items = items.Length == 0 ? null : items;

    /// <inheritdoc/>
    public int Count => _items?.Length ?? 0;

    /// <summary>Whether there is no item.</summary>
    public bool IsEmpty => _items is null;

    /// <inheritdoc/>
    public T this[int index] => AsSpan()[index];

    /// <summary>The items in place.</summary>
    public ReadOnlySpan<T> AsSpan() => _items;

    /// <summary>A list with <paramref name="item"/> behind the others.</summary>
    public EquatableArray<T> Add(T item) => [.. this, item];

    /// <inheritdoc/>
    public bool Equals(EquatableArray<T> other) =>
        ReferenceEquals(_items, other._items) || AsSpan().SequenceEqual(other.AsSpan(), EqualityComparer<T>.Default);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EquatableArray<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in AsSpan())
            hash.Add(item);
        return hash.ToHashCode();
    }

    /// <summary>The items in brackets, as a log or a failed assertion shows them.</summary>
    public override string ToString() => $"[{string.Join(", ", this)}]";

    /// <summary>Enumerates without allocating.</summary>
    public ImmutableArray<T>.Enumerator GetEnumerator() =>
        ImmutableCollectionsMarshal.AsImmutableArray(_items ?? []).GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)(_items ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => (_items ?? []).GetEnumerator();

    JsonConverter IEquatableCollection.CreateConverter() => new EquatableArrayJsonConverter<T>();

    /// <summary>Whether the items are equal, in the same order.</summary>
    public static bool operator ==(EquatableArray<T> left, EquatableArray<T> right) => left.Equals(right);

    /// <summary>Whether some item or the order differs.</summary>
    public static bool operator !=(EquatableArray<T> left, EquatableArray<T> right) => !left.Equals(right);
}
