using Fabric.Resources;

namespace Fabric.Kube.Informers;

/// <summary>The objects an informer knows, with their indexes. Objects are immutable, so readers may keep them.</summary>
internal sealed class InformerCache<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, T> _objects = [];
    private readonly List<InformerIndex<T>> _indexes = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _objects.Count;
        }
    }

    public T? Get(ObjectKey key)
    {
        lock (_gate)
            return _objects.GetValueOrDefault(key);
    }

    public IReadOnlyList<T> All()
    {
        lock (_gate)
            return [.. _objects.Values];
    }

    public IReadOnlyList<ObjectKey> Keys()
    {
        lock (_gate)
            return [.. _objects.Keys];
    }

    public IReadOnlyList<T> Select(Func<IEnumerable<ObjectKey>> keys)
    {
        lock (_gate)
            return [.. keys().Select(key => _objects[key])];
    }

    public InformerIndex<T> AddIndex(Func<T, IEnumerable<string>> values)
    {
        var index = new InformerIndex<T>(this, values);
        lock (_gate)
        {
            foreach (var (key, value) in _objects)
                index.Replace(key, old: null, value);
            _indexes.Add(index);
        }
        return index;
    }

    /// <summary>Stores, or removes when <paramref name="value"/> is null.</summary>
    /// <returns>What was there before.</returns>
    public T? Put(ObjectKey key, T? value)
    {
        lock (_gate)
        {
            var old = _objects.GetValueOrDefault(key);
            if (value is null)
                _objects.Remove(key);
            else
                _objects[key] = value;
            foreach (var index in _indexes)
                index.Replace(key, old, value);
            return old;
        }
    }
}
