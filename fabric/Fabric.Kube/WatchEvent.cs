namespace Fabric.Kube;

/// <summary>What a watch reports.</summary>
public enum WatchEventType
{
    /// <summary>An object came into being, or began to match the selectors.</summary>
    Added,

    /// <summary>An object changed.</summary>
    Modified,

    /// <summary>An object went, or no longer matches; the event carries its last state.</summary>
    Deleted,

    /// <summary>Nothing happened up to this version: the place to continue from after a break.</summary>
    Bookmark,

    /// <summary>The server no longer has the version asked for (410): list again. Always the last event of a watch.</summary>
    Expired,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Value">The object; null for bookmarks and at expiry.</param>
/// <param name="ResourceVersion">The version this event brings the reader to; empty at expiry.</param>
public readonly record struct WatchEvent<T>(WatchEventType Type, T? Value, string ResourceVersion)
    where T : class;
