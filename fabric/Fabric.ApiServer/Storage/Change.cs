namespace Fabric.ApiServer.Storage;

/// <summary>What a write did to one object.</summary>
internal enum ChangeKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>One committed write. Versions of one log are strictly increasing.</summary>
/// <param name="Object">The state after the write; for a deletion the last state, carrying the deletion's version.</param>
/// <param name="Previous">The state before, null when added. Selecting watches and reads at an older version need it.</param>
internal sealed record Change(ChangeKind Kind, StoredObject Object, StoredObject? Previous)
{
    public long Version => Object.Version;

    public ObjectKey Key => Object.Key;
}
