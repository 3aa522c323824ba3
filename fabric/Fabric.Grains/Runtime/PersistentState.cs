using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Runtime;

/// <summary>State that can be read again without knowing its type.</summary>
internal interface IReadableState
{
    Task ReadAsync(CancellationToken cancellationToken);

    Task RefreshAsync(CancellationToken cancellationToken);
}

/// <inheritdoc cref="IPersistentState{T}"/>
internal sealed class PersistentState<T>(IObjectStore store, ResourceType<T> type, ObjectKey key) : IPersistentState<T>, IReadableState
    where T : class, IKubeObject
{
    public T? Value { get; private set; }

    public bool IsAhead { get; private set; }

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        Value = await store.GetAsync(type, key, cancellationToken);
        IsAhead = true;
    }

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var seen = await store.FindAsync(type, key, cancellationToken);
        if (seen is null || Value is null || !IsNewer(Value, seen))
        {
            Value = seen;
            IsAhead = false;
        }
    }

    /// <summary>Versions of one object are numbers that grow (Kubernetes KEP-5504); where they are not, what was seen counts.</summary>
    private static bool IsNewer(T known, T seen) =>
        known.Metadata.Uid == seen.Metadata.Uid
        && ulong.TryParse(known.Metadata.ResourceVersion, out var mine) && ulong.TryParse(seen.Metadata.ResourceVersion, out var theirs) && mine > theirs;

    public async Task WriteAsync(T value, CancellationToken cancellationToken)
    {
        if (!value.Equals(Value))
            Take(await (Value is { } from ? store.ChangeAsync(type, from, value, cancellationToken) : store.UpdateAsync(type, value, cancellationToken)));
    }

    public async Task WriteStatusAsync(T value, CancellationToken cancellationToken)
    {
        if (!value.Equals(Value))
            Take(await store.UpdateStatusAsync(type, value, cancellationToken));
    }

    private void Take(WriteResult<T> result)
    {
        if (result.Outcome != WriteOutcome.Done)
            throw new StaleStateException($"{type.Kind} {key}: {result.Outcome} on write");
        Value = result.Value;
        IsAhead = true;
    }
}
