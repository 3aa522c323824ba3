namespace Fabric.Primitives;

/// <summary>Makes an <see cref="EquatableMap{TKey, TValue}"/> from what is at hand.</summary>
public static class EquatableMap
{
    /// <summary>A copy of <paramref name="entries"/>; collection expressions call this.</summary>
    /// <exception cref="ArgumentException">A key occurs twice.</exception>
    public static EquatableMap<TKey, TValue> Create<TKey, TValue>(ReadOnlySpan<KeyValuePair<TKey, TValue>> entries)
        where TKey : notnull, IComparable<TKey> => EquatableMap<TKey, TValue>.FromOwned(entries.ToArray());

    /// <summary>A copy of what the sequence yields.</summary>
    /// <exception cref="ArgumentException">A key occurs twice.</exception>
    public static EquatableMap<TKey, TValue> ToEquatableMap<TKey, TValue>(
        this IEnumerable<KeyValuePair<TKey, TValue>> entries)
        where TKey : notnull, IComparable<TKey> => EquatableMap<TKey, TValue>.FromOwned([.. entries]);
}
