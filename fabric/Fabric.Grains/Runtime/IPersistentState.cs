using Fabric.Resources;

namespace Fabric.Grains.Runtime;

/// <summary>The one object a grain is about, as last read or written. Its resourceVersion is the ETag of every write.</summary>
public interface IPersistentState<T>
    where T : class, IKubeObject
{
    /// <summary>The object, or null when there is none.</summary>
    T? Value { get; }

    /// <summary>Whether <see cref="Value"/> is from a read or a write and not as it was last seen: it may be newer than what others see.</summary>
    bool IsAhead { get; }

    /// <summary>Reads the object anew.</summary>
    Task ReadAsync(CancellationToken cancellationToken);

    /// <summary>Takes the object as it was last seen, unless what is known is newer; see <see cref="Storage.IObjectStore.FindAsync"/>.</summary>
    Task RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Writes metadata and spec; nothing when equal to <see cref="Value"/>.</summary>
    /// <exception cref="StaleStateException">The object changed since it was read, or is gone: the runtime reads it again and runs the turn anew.</exception>
    Task WriteAsync(T value, CancellationToken cancellationToken);

    /// <summary>Writes the status; nothing when equal to <see cref="Value"/>.</summary>
    /// <exception cref="StaleStateException">The object changed since it was read, or is gone: the runtime reads it again and runs the turn anew.</exception>
    Task WriteStatusAsync(T value, CancellationToken cancellationToken);
}

/// <summary>A write was based on an old version of the grain's object.</summary>
public sealed class StaleStateException(string message) : Exception(message);
