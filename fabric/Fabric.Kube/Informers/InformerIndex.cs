using Fabric.Resources;

namespace Fabric.Kube.Informers;

/// <summary>Finds cached objects by something they say, for example the node a pod runs on.</summary>
public sealed class InformerIndex<T>
    where T : class
{
    private readonly Dictionary<string, HashSet<ObjectKey>> _keys = new(StringComparer.Ordinal);
    private readonly Func<T, IEnumerable<string>> _values;
    private readonly InformerCache<T> _cache;

    internal InformerIndex(InformerCache<T> cache, Func<T, IEnumerable<string>> values)
    {
        _cache = cache;
        _values = values;
    }

    /// <summary>The objects that have <paramref name="value"/> in this index, in no order.</summary>
    public IReadOnlyList<T> Find(string value) => _cache.Select(() => _keys.TryGetValue(value, out var keys) ? keys : Enumerable.Empty<ObjectKey>());

    /// <summary>Called under the cache's lock.</summary>
    internal void Replace(ObjectKey key, T? old, T? value)
    {
        foreach (var entry in old is null ? [] : _values(old))
        {
            if (_keys.TryGetValue(entry, out var keys) && keys.Remove(key) && keys.Count == 0)
                _keys.Remove(entry);
        }
        foreach (var entry in value is null ? [] : _values(value))
        {
            if (!_keys.TryGetValue(entry, out var keys))
                _keys[entry] = keys = [];
            keys.Add(key);
        }
    }
}
