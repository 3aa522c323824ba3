using System.Text.Json.Nodes;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Admission;

/// <summary>
/// What an admission has made of the objects of a resource, each made once for each state of an object: rules that compare
/// an object with all others would else read all of them anew for every write. Belongs to one admission, which is asked one
/// write at a time.
/// </summary>
/// <param name="read">Makes the value; null for an object that the rules pass over.</param>
public sealed class ObjectReadings<T>(Func<JsonObject, T?> read)
    where T : class
{
    private Dictionary<ObjectKey, (byte[] Body, T? Value)> _known = [];

    /// <summary>The values of all objects, in their order.</summary>
    internal IReadOnlyList<T> Of(IEnumerable<StoredObject> objects)
    {
        var seen = new Dictionary<ObjectKey, (byte[] Body, T? Value)>(_known.Count + 1);
        var values = new List<T>(_known.Count + 1);
        foreach (var stored in objects)
        {
            // Bytes and not versions are compared: a version is given again after a write that was undone.
            var reading = _known.TryGetValue(stored.Key, out var known) && known.Body.AsSpan().SequenceEqual(stored.Body) ? known : (stored.Body, read(stored.Parse()));
            seen.Add(stored.Key, reading);
            if (reading.Item2 is { } value) values.Add(value);
        }

        _known = seen;
        return values;
    }
}
