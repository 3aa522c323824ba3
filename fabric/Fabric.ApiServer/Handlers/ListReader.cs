using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Handlers;

/// <summary>
/// Objects of one list at one version. Few are read at once; many from a snapshot that is kept open until they are sent, so
/// that they are never in memory together.
/// </summary>
internal sealed class ListReader : IDisposable
{
    /// <summary>Objects that are rather kept in memory than a snapshot and its connection open while a client takes its time.</summary>
    private const int MostHeld = 2000;

    private readonly ReadSnapshot _snapshot;

    private ListReader(ReadSnapshot snapshot, long version, IEnumerable<StoredObject> objects, int most)
    {
        if (most <= MostHeld)
        {
            objects = objects.ToList();
            snapshot.Dispose();
        }

        _snapshot = snapshot;
        Version = version;
        Objects = objects;
    }

    /// <summary>The version of the list.</summary>
    public long Version { get; }

    /// <summary>Those that the filter matches, in list order, and one more than the limit; can be read once.</summary>
    public IEnumerable<StoredObject> Objects { get; }

    public void Dispose() => _snapshot.Dispose();

    /// <exception cref="StatusException">410 for an expired version, 504 for one that does not exist yet, 400 for options that do not go together.</exception>
    public static async Task<ListReader> OpenAsync(ObjectStore store, ListOptions options, CancellationToken cancellationToken)
    {
        var token = options.Continue.Length == 0 ? null : ContinueToken.Decode(options.Continue);
        if (token is not null && options.Version is > 0)
            throw StatusException.BadRequest("specifying resource version is not allowed when using continue");
        var exact = options.VersionMatch switch
        {
            "" => options.Limit > 0 && options.Version is > 0,
            "Exact" => options.Version is > 0 ? true : throw StatusException.BadRequest("resourceVersionMatch: Forbidden: resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\""),
            "NotOlderThan" => false,
            _ => throw StatusException.BadRequest($"resourceVersionMatch: Unsupported value: \"{options.VersionMatch}\": supported values: \"Exact\", \"NotOlderThan\""),
        };
        await store.Fields.PrepareAsync(options.Filter, cancellationToken);
        var snapshot = store.BeginRead();
        try
        {
            var wanted = token?.Version ?? (exact ? options.Version : null);
            if ((wanted ?? options.Version) > snapshot.Version) throw TooNew((wanted ?? options.Version)!.Value, snapshot.Version);
            var after = token is null ? ("", "") : (token.Namespace, token.Name);
            await store.Changes.WaitForAsync(snapshot.Version, cancellationToken);
            var keys = store.Fields.Keys(options.Filter, wanted ?? snapshot.Version);
            var current = keys is null
                ? snapshot.Scan(options.Filter.Definition.QualifiedName, options.Filter.Namespace, after)
                : Named(snapshot, keys, new ObjectKey("", after.Item1, after.Item2));
            if (wanted is not null && wanted != snapshot.Version)
            {
                // A page of an older list: what is there now, less what has changed since.
                var older = store.Changes.StatesAt(options.Filter.Definition.QualifiedName, wanted.Value, snapshot.Version)
                    ?? throw StatusException.Expired("The provided continue parameter or resource version is too old to display a consistent list result: start a new list without it.");
                current = Overlay(current, older, options.Filter.Namespace, after);
            }

            var most = Math.Min(options.Limit > 0 ? options.Limit + 1 : int.MaxValue, keys?.Count ?? int.MaxValue);
            return new ListReader(snapshot, wanted ?? snapshot.Version, current.Where(options.Filter.Matches).Take(most), most);
        }
        catch
        {
            snapshot.Dispose();
            throw;
        }
    }

    private static IEnumerable<StoredObject> Named(ReadSnapshot snapshot, IReadOnlyList<ObjectKey> keys, ObjectKey after)
        => keys.Where(k => ObjectKey.ListOrder.Compare(k, after) > 0).Select(snapshot.Get).OfType<StoredObject>();

    private static IEnumerable<StoredObject> Overlay(IEnumerable<StoredObject> current, Dictionary<ObjectKey, StoredObject?> older, string? @namespace, (string Namespace, string Name) after)
    {
        var start = new ObjectKey("", after.Namespace, after.Name);
        var restored = new Queue<StoredObject>(older.Values.OfType<StoredObject>()
            .Where(o => (@namespace is null || o.Key.Namespace == @namespace) && ObjectKey.ListOrder.Compare(o.Key, start) > 0)
            .OrderBy(o => o.Key, ObjectKey.ListOrder));
        foreach (var stored in current)
        {
            while (restored.TryPeek(out var next) && ObjectKey.ListOrder.Compare(next.Key, stored.Key) <= 0)
                yield return restored.Dequeue();
            if (!older.ContainsKey(stored.Key)) yield return stored;
        }

        foreach (var stored in restored)
            yield return stored;
    }

    private static StatusException TooNew(long wanted, long current)
        => new(504, "Timeout", $"Timeout: Too large resource version: {wanted}, current: {current}") { RetryAfterSeconds = 1 };
}
