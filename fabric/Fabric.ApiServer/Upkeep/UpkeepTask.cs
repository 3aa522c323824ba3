namespace Fabric.ApiServer.Upkeep;

/// <summary>What may need to be looked at after a write.</summary>
internal enum UpkeepKind
{
    /// <summary>An owner that is gone, waits for its dependents, or was never there; by uid.</summary>
    Owner,

    /// <summary>A namespace that is being deleted, or in which something was removed; by name.</summary>
    Namespace,
}

/// <summary>One thing to look at. Doing it when nothing is to be done does no harm.</summary>
internal readonly record struct UpkeepTask(UpkeepKind Kind, string Id)
{
    public static UpkeepTask Owner(string uid) => new(UpkeepKind.Owner, uid);

    public static UpkeepTask Namespace(string name) => new(UpkeepKind.Namespace, name);
}
