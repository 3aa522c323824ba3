using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Watching;

/// <summary>The keys of a resource's objects by the value of one selectable field. Used under the log's lock once it is there.</summary>
internal sealed class FieldIndex(ResourceDefinition definition, string field)
{
    private readonly Dictionary<string, HashSet<ObjectKey>> _keys = new(StringComparer.Ordinal);

    public ResourceDefinition Definition { get; } = definition;

    public string Field { get; } = field;

    public void Add(StoredObject stored)
    {
        var value = ValueOf(stored);
        if (!_keys.TryGetValue(value, out var same)) _keys.Add(value, same = []);
        same.Add(stored.Key);
    }

    public void Apply(Change change)
    {
        if (change.Kind == ChangeKind.Modified && ValueOf(change.Previous!) == ValueOf(change.Object)) return;
        if (change.Previous is { } previous) Remove(previous);
        if (change.Kind != ChangeKind.Deleted) Add(change.Object);
    }

    public IReadOnlyCollection<ObjectKey> Find(string value) => _keys.TryGetValue(value, out var same) ? same : [];

    private void Remove(StoredObject stored)
    {
        var value = ValueOf(stored);
        if (_keys.TryGetValue(value, out var same) && same.Remove(stored.Key) && same.Count == 0) _keys.Remove(value);
    }

    private string ValueOf(StoredObject stored) => stored.AttributesFor(Definition).Fields.GetValueOrDefault(Field, "");
}
