using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Grains.Storage;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Testing;

/// <summary>An object store in memory with the API's semantics: names, uids, versions, status apart, finalizers.</summary>
internal sealed class MemoryStore(TimeProvider? time = null) : IObjectStore
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Plural, ObjectKey Key), JsonObject> _objects = [];
    private long _version;
    private long _uid;

    /// <summary>Called under the lock after every write with the object, or null when it is gone: the place for invariants.</summary>
    public Action<string, ObjectKey, JsonObject?>? AfterWrite { get; set; }

    public int Writes { get; private set; }

    public Task<T?> GetAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            return Task.FromResult(_objects.TryGetValue((type.Plural, key), out var found) ? found.Deserialize(type.Json) : null);
    }

    public Task<IReadOnlyList<T>> ListAsync<T>(ResourceType<T> type, string? labels, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(List(type, labels));
    }

    public IReadOnlyList<T> List<T>(ResourceType<T> type, string? labels = null)
        where T : class, IKubeObject
    {
        var selector = labels?.Split('=');
        lock (_gate)
        {
            return
            [
                .. _objects.Where(entry => entry.Key.Plural == type.Plural)
                    .Where(entry => selector is null || (string?)entry.Value["metadata"]!["labels"]?[selector[0]] == selector[1])
                    .OrderBy(entry => entry.Key.Key)
                    .Select(entry => entry.Value.Deserialize(type.Json)!),
            ];
        }
    }

    public T Get<T>(ResourceType<T> type, ObjectKey key)
        where T : class, IKubeObject => GetAsync(type, key, CancellationToken.None).Result!;

    public T Put<T>(ResourceType<T> type, T value)
        where T : class, IKubeObject => CreateAsync(type, value, CancellationToken.None).Result.Value!;

    public Task<WriteResult<T>> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var key = type.KeyOf(value);
            if (_objects.ContainsKey((type.Plural, key)))
                return Task.FromResult(new WriteResult<T>(WriteOutcome.AlreadyExists, null));
            var stored = Serialize(type, value);
            if (type.HasStatus)
                stored.Remove("status");
            stored["metadata"]!["uid"] = $"uid-{++_uid}";
            stored["metadata"]!["generation"] = 1L;
            stored["metadata"]!["creationTimestamp"] = _time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
            return Task.FromResult(Store(type, key, stored));
        }
    }

    public Task<WriteResult<T>> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject =>
        Replace(
            type,
            value,
            (old, wanted) =>
            {
                if (type.HasStatus)
                    wanted["status"] = old["status"]?.DeepClone();
                if (!JsonNode.DeepEquals(old["spec"], wanted["spec"]))
                    wanted["metadata"]!["generation"] = (long)old["metadata"]!["generation"]! + 1;
                return wanted;
            },
            cancellationToken);

    public Task<WriteResult<T>> UpdateStatusAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject =>
        Replace(
            type,
            value,
            (old, wanted) =>
            {
                var stored = old.DeepClone().AsObject();
                stored["status"] = wanted["status"]?.DeepClone();
                return stored;
            },
            cancellationToken);

    public Task<WriteOutcome> DeleteAsync<T>(ResourceType<T> type, ObjectKey key, ObjectVersion meant, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_objects.TryGetValue((type.Plural, key), out var old))
                return Task.FromResult(WriteOutcome.NotFound);
            if ((string?)old["metadata"]!["uid"] != meant.Uid || (meant.ResourceVersion is { } version && (string?)old["metadata"]!["resourceVersion"] != version))
                return Task.FromResult(WriteOutcome.Conflict);
            if (old["metadata"]!["finalizers"] is JsonArray { Count: > 0 })
            {
                var marked = old.DeepClone().AsObject();
                marked["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
                Store(type, key, marked);
            }
            else
            {
                _objects.Remove((type.Plural, key));
                Written(type.Plural, key, null);
            }
            return Task.FromResult(WriteOutcome.Done);
        }
    }

    private Task<WriteResult<T>> Replace<T>(ResourceType<T> type, T value, Func<JsonObject, JsonObject, JsonObject> merge, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var key = type.KeyOf(value);
            if (!_objects.TryGetValue((type.Plural, key), out var old))
                return Task.FromResult(new WriteResult<T>(WriteOutcome.NotFound, null));
            if ((string?)old["metadata"]!["resourceVersion"] != value.Metadata.ResourceVersion)
                return Task.FromResult(new WriteResult<T>(WriteOutcome.Conflict, null));
            var stored = merge(old, Serialize(type, value));
            if (old["metadata"]!["deletionTimestamp"] is not null && stored["metadata"]!["finalizers"] is null or JsonArray { Count: 0 })
            {
                _objects.Remove((type.Plural, key));
                Written(type.Plural, key, null);
                return Task.FromResult(new WriteResult<T>(WriteOutcome.Done, stored.Deserialize(type.Json)));
            }
            return Task.FromResult(Store(type, key, stored));
        }
    }

    private WriteResult<T> Store<T>(ResourceType<T> type, ObjectKey key, JsonObject stored)
        where T : class, IKubeObject
    {
        stored["metadata"]!["resourceVersion"] = (++_version).ToString();
        _objects[(type.Plural, key)] = stored;
        Written(type.Plural, key, stored);
        return new WriteResult<T>(WriteOutcome.Done, stored.Deserialize(type.Json));
    }

    private void Written(string plural, ObjectKey key, JsonObject? stored)
    {
        Writes++;
        AfterWrite?.Invoke(plural, key, stored);
    }

    private static JsonObject Serialize<T>(ResourceType<T> type, T value)
        where T : class, IKubeObject => JsonSerializer.SerializeToNode(value, type.Json)!.AsObject();
}
