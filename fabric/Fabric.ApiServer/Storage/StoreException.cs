namespace Fabric.ApiServer.Storage;

/// <summary>The data directory cannot be used: locked by another server, corrupted, written by a newer version, or the disk failed.</summary>
public sealed class StoreException : Exception
{
    /// <summary>A failure that was found by looking at the directory.</summary>
    public StoreException(string message)
        : base(message)
    {
    }

    /// <summary>A failure that SQLite or the file system reported.</summary>
    public StoreException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
