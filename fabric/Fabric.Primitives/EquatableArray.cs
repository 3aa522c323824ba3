namespace Fabric.Primitives;

/// <summary>Makes an <see cref="EquatableArray{T}"/> from what is at hand.</summary>
public static class EquatableArray
{
    /// <summary>A copy of <paramref name="items"/>; collection expressions call this.</summary>
    public static EquatableArray<T> Create<T>(ReadOnlySpan<T> items) => new(items.ToArray());

    /// <summary>A copy of what the sequence yields.</summary>
    public static EquatableArray<T> ToEquatableArray<T>(this IEnumerable<T> items) => new([.. items]);
}
