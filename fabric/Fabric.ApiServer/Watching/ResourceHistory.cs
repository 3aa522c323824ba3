using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Watching;

/// <summary>The latest changes of one resource in a ring, oldest first, and the watches and indexes that follow it.</summary>
/// <param name="forgotten">Nothing is known up to this version.</param>
/// <param name="most">Changes kept.</param>
/// <param name="mostBytes">Bytes of bodies kept, whatever the number of changes.</param>
internal sealed class ResourceHistory(long forgotten, int most, long mostBytes)
{
    private const int FirstCapacity = 16;

    private Change[] _ring = new Change[FirstCapacity];
    private int _first;
    private int _count;
    private long _bytes;

    /// <summary>The version of the latest change that is no longer kept.</summary>
    public long Forgotten { get; private set; } = forgotten;

    public SubscriptionIndex Subscriptions { get; } = new();

    /// <summary>By field.</summary>
    public Dictionary<string, FieldIndex> Indexes { get; } = new(StringComparer.Ordinal);

    public void Append(Change change)
    {
        if (_count == _ring.Length) Grow();
        _ring[(_first + _count++) % _ring.Length] = change;
        _bytes += change.Object.Body.Length;
        while (_count > most || (_bytes > mostBytes && _count > 1))
        {
            ref var oldest = ref _ring[_first];
            _bytes -= oldest.Object.Body.Length;
            Forgotten = oldest.Version;
            oldest = null!;
            _first = (_first + 1) % _ring.Length;
            _count--;
        }
    }

    /// <summary>The changes kept that came after a version. To be read under the log's lock.</summary>
    public IEnumerable<Change> Since(long version)
    {
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (At(middle).Version <= version) low = middle + 1;
            else high = middle;
        }

        for (; low < _count; low++)
            yield return At(low);
    }

    private Change At(int index) => _ring[(_first + index) % _ring.Length];

    private void Grow()
    {
        var larger = new Change[_ring.Length * 2];
        for (var i = 0; i < _count; i++)
            larger[i] = At(i);
        (_ring, _first) = (larger, 0);
    }
}
