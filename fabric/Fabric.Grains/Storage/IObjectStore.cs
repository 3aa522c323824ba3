using Fabric.Resources;

namespace Fabric.Grains.Storage;

/// <summary>
/// Where objects are kept, with the Kubernetes API's semantics: every write but a create is based on a resourceVersion, and a create
/// is refused when the name is taken. The grains need nothing else of it.
/// </summary>
/// <remarks>
/// What the API answers as a matter of course is an outcome; anything else (unreachable, refused by validation) is thrown. After a
/// throw the write may or may not have taken place.
/// </remarks>
public interface IObjectStore
{
    /// <summary>Reads one object, never from a cache; null when there is none.</summary>
    Task<T?> GetAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubeObject;

    /// <summary>
    /// One object as it was last seen, which may be behind: good to decide by, since what is then written is based on its
    /// version. What was not seen is read.
    /// </summary>
    Task<T?> FindAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubeObject => GetAsync(type, key, cancellationToken);

    /// <summary>The objects of a type as they were last seen, which may be behind.</summary>
    Task<IReadOnlyList<T>> FindAllAsync<T>(ResourceType<T> type, CancellationToken cancellationToken)
        where T : class, IKubeObject => ListAsync(type, labels: null, cancellationToken);

    /// <summary>Reads the objects of a type, never from a cache.</summary>
    /// <param name="type">The type.</param>
    /// <param name="labels">Label selector of the form <c>key=value</c>, or null for all objects.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<T>> ListAsync<T>(ResourceType<T> type, string? labels, CancellationToken cancellationToken)
        where T : class, IKubeObject;

    /// <summary>Creates. Done or <see cref="WriteOutcome.AlreadyExists"/>.</summary>
    Task<WriteResult<T>> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject;

    /// <summary>Replaces metadata and spec. Done, <see cref="WriteOutcome.Conflict"/> or <see cref="WriteOutcome.NotFound"/>.</summary>
    Task<WriteResult<T>> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject;

    /// <summary>
    /// Makes one version of an object another, and leaves alone what is the same in both: of metadata and spec the user's part stays the
    /// user's. Done, <see cref="WriteOutcome.Conflict"/> or <see cref="WriteOutcome.NotFound"/>.
    /// </summary>
    Task<WriteResult<T>> ChangeAsync<T>(ResourceType<T> type, T from, T to, CancellationToken cancellationToken)
        where T : class, IKubeObject => UpdateAsync(type, to, cancellationToken);

    /// <summary>Replaces the status. Done, <see cref="WriteOutcome.Conflict"/> or <see cref="WriteOutcome.NotFound"/>.</summary>
    Task<WriteResult<T>> UpdateStatusAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject;

    /// <summary>
    /// Deletes the object that is meant. Done, <see cref="WriteOutcome.NotFound"/>, or <see cref="WriteOutcome.Conflict"/> when another
    /// object or version has the name now.
    /// </summary>
    Task<WriteOutcome> DeleteAsync<T>(ResourceType<T> type, ObjectKey key, ObjectVersion meant, CancellationToken cancellationToken)
        where T : class, IKubeObject;
}

/// <summary>How a write ended.</summary>
public enum WriteOutcome
{
    /// <summary>It took place.</summary>
    Done,

    /// <summary>An object of that name is there already.</summary>
    AlreadyExists,

    /// <summary>The object changed since it was read, or is not the one that was meant.</summary>
    Conflict,

    /// <summary>The object is not there.</summary>
    NotFound,
}

/// <summary>How a write ended, and the object as it is stored; null unless the write took place.</summary>
public readonly record struct WriteResult<T>(WriteOutcome Outcome, T? Value)
    where T : class;
