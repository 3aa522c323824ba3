using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Watching;

/// <summary>
/// Finds objects by a selectable field without reading all the others: a list of one node's objects costs what it returns,
/// also when every node asks at once. An index is made when a field is first asked for, and kept until the server stops.
/// </summary>
internal sealed class FieldLookup(ObjectStore store) : IDisposable
{
    private readonly SemaphoreSlim _building = new(1);

    /// <summary>Makes the index that a filter needs, if it needs one that is not there.</summary>
    public Task PrepareAsync(ChangeFilter filter, CancellationToken cancellationToken)
        => FieldOf(filter) is var (field, _) && !store.Changes.HasIndex(filter.Definition, field) ? BuildAsync(filter, field, cancellationToken) : Task.CompletedTask;

    /// <summary>Keys, in list order, of every object that a filter may have matched at a version; others may be among them.</summary>
    /// <param name="version">Of a commit that is published.</param>
    /// <returns>Null when the filter names no field that is indexed, or the version is too old.</returns>
    public IReadOnlyList<ObjectKey>? Keys(ChangeFilter filter, long version)
    {
        if (filter.Only is { } one) return [one];
        if (FieldOf(filter) is not var (field, value) || store.Changes.KeysWith(filter.Definition, field, value, version) is not { } keys) return null;
        if (filter.Namespace is { } only) keys.RemoveWhere(k => k.Namespace != only);
        return [.. keys.Order(ObjectKey.ListOrder)];
    }

    public void Dispose() => _building.Dispose();

    private static (string Field, string Value)? FieldOf(ChangeFilter filter)
        => filter.Only is null && filter.Selects is { } exact && filter.Definition.SelectableFields.Contains(exact.Field) ? exact : null;

    /// <summary>From a snapshot; what changes meanwhile is in the log, and added with it.</summary>
    private async Task BuildAsync(ChangeFilter filter, string field, CancellationToken cancellationToken)
    {
        await _building.WaitAsync(cancellationToken);
        try
        {
            if (store.Changes.HasIndex(filter.Definition, field)) return;
            var index = new FieldIndex(filter.Definition, field);
            using var snapshot = store.BeginRead();
            foreach (var stored in snapshot.Scan(filter.Definition.QualifiedName, null))
                index.Add(stored);
            await store.Changes.WaitForAsync(snapshot.Version, cancellationToken);
            store.Changes.AddIndex(index, snapshot.Version);
        }
        finally
        {
            _building.Release();
        }
    }
}
