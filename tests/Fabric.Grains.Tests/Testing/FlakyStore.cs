using System.Collections.Concurrent;
using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Testing;

/// <summary>One process' view of a store over a network that loses requests and answers, until the process is killed.</summary>
public sealed class FlakyStore(IObjectStore inner, int seed, double loss) : IObjectStore
{
    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<(string, ObjectKey), object?> _seen = new();
    private volatile bool _killed;

    /// <summary>From now on nothing of this process reaches the store.</summary>
    public void Kill() => _killed = true;

    public Task<T?> GetAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubeObject => SendAsync(() => inner.GetAsync(type, key, cancellationToken));

    /// <summary>What was last seen may be behind: now and then it is what this process found the time before.</summary>
    public async Task<T?> FindAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        if (_seen.TryGetValue((type.Plural, key), out var seen) && Fate() < 0.3)
            return (T?)seen;
        var found = await GetAsync(type, key, cancellationToken);
        _seen[(type.Plural, key)] = found;
        return found;
    }

    public Task<IReadOnlyList<T>> ListAsync<T>(ResourceType<T> type, string? labels, CancellationToken cancellationToken)
        where T : class, IKubeObject => SendAsync(() => inner.ListAsync(type, labels, cancellationToken));

    public Task<WriteResult<T>> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject => SendAsync(() => inner.CreateAsync(type, value, cancellationToken));

    public Task<WriteResult<T>> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject => SendAsync(() => inner.UpdateAsync(type, value, cancellationToken));

    public Task<WriteResult<T>> UpdateStatusAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject => SendAsync(() => inner.UpdateStatusAsync(type, value, cancellationToken));

    public Task<WriteOutcome> DeleteAsync<T>(ResourceType<T> type, ObjectKey key, ObjectVersion meant, CancellationToken cancellationToken)
        where T : class, IKubeObject => SendAsync(() => inner.DeleteAsync(type, key, meant, cancellationToken));

    private async Task<TResult> SendAsync<TResult>(Func<Task<TResult>> send)
    {
        // Lets other processes in between, at every step.
        await Task.Yield();
        var fate = Fate();
        if (_killed || fate < loss)
            throw new IOException("the request was lost");
        var result = await send();
        if (_killed || fate > 1 - loss)
            throw new IOException("the answer was lost");
        return result;
    }

    private double Fate()
    {
        lock (_random)
            return _random.NextDouble();
    }
}
