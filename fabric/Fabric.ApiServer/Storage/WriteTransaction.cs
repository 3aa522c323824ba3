using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Upkeep;

namespace Fabric.ApiServer.Storage;

/// <summary>
/// What one write command sees and does. Commands run one after the other, so whatever a command checks still holds when
/// it writes; that is why admission runs in here. Several commands share one commit.
/// </summary>
/// <remarks>
/// A command's first write waits until the command ends or looks at the database again. Most commands write last and once:
/// they need no savepoint, for which SQLite would keep a copy of every page they touch.
/// </remarks>
internal sealed class WriteTransaction(StoreConnection connection, long version) : IObjectReader
{
    private static readonly HashSet<string> None = [];

    private readonly List<Change> _changes = [];
    private readonly HashSet<UpkeepTask> _upkeep = [];
    private int _savedChanges;
    private long _savedVersion;
    private bool _saved;
    private Change? _waiting;

    public long Version { get; private set; } = version;

    public IReadOnlyList<Change> Changes => _changes;

    /// <summary>What the writes so far leave to be looked at.</summary>
    public IReadOnlyCollection<UpkeepTask> Upkeep => _upkeep;

    public StoredObject? Get(ObjectKey key) => Reading().Get(key);

    public StoredObject? GetByUid(string uid) => Reading().GetByUid(uid);

    public IEnumerable<StoredObject> Scan(string resource, string? @namespace, (string Namespace, string Name)? after = null)
        => Reading().Scan(resource, @namespace, after ?? ("", ""));

    public void AddUpkeep(UpkeepTask task) => _upkeep.Add(task);

    public IReadOnlyList<StoredObject> DependentsOf(string ownerUid) => Reading().DependentsOf(ownerUid);

    public bool AnyInNamespace(string @namespace) => Reading().AnyInNamespace(@namespace);

    public IReadOnlyList<ObjectKey> KeysInNamespace(string @namespace) => Reading().KeysInNamespace(@namespace);

    /// <summary>Adds an object, whose uid must be set; sets its resourceVersion.</summary>
    public StoredObject Insert(ObjectKey key, JsonObject body) => Write(ChangeKind.Added, key, body, null);

    /// <summary>Replaces an object by its next version.</summary>
    public StoredObject Replace(StoredObject previous, JsonObject body) => Write(ChangeKind.Modified, previous.Key, body, previous);

    /// <summary>Takes an object away.</summary>
    /// <param name="lastState">What watchers are told, for example with finalizers already removed.</param>
    public StoredObject Remove(StoredObject previous, JsonObject lastState) => Write(ChangeKind.Deleted, previous.Key, lastState, previous);

    /// <summary>Begins a command, so that it can be undone without its neighbours.</summary>
    internal void BeginCommand()
    {
        _savedChanges = _changes.Count;
        _savedVersion = Version;
        _saved = false;
    }

    internal void EndCommand()
    {
        if (_saved) connection.EndCommand();
        else if (_waiting is not null) CarryOutWaiting();
    }

    internal void UndoCommand()
    {
        if (_saved) connection.UndoCommand();
        _waiting = null;
        _changes.RemoveRange(_savedChanges, _changes.Count - _savedChanges);
        Version = _savedVersion;
    }

    /// <summary>The connection, with everything written that this command has written so far.</summary>
    private StoreConnection Reading()
    {
        if (_waiting is not null) Save();
        return connection;
    }

    private StoredObject Write(ChangeKind kind, ObjectKey key, JsonObject body, StoredObject? previous)
    {
        Version++;
        var metadata = ObjectMetadata.Of(body);
        metadata.ResourceVersion = Version.ToString();
        var stored = new StoredObject(key, metadata.Uid!, Version, JsonBody.Serialize(body));
        if (_waiting is not null) Save();
        _waiting = new Change(kind, stored, previous);
        _changes.Add(_waiting);
        if (_saved) CarryOutWaiting();
        return stored;
    }

    private void Save()
    {
        connection.BeginCommand();
        _saved = true;
        CarryOutWaiting();
    }

    private void CarryOutWaiting()
    {
        var (kind, stored, previous) = _waiting!;
        _waiting = null;
        switch (kind)
        {
            case ChangeKind.Added:
                connection.Insert(stored);
                foreach (var owner in Owners(stored))
                    AddOwner(owner, stored);
                break;
            case ChangeKind.Modified:
                connection.Update(stored);
                ChangeOwners(stored, Owners(previous!), Owners(stored));
                break;
            default:
                connection.Delete(stored.Uid);
                ForgetOwners(stored);
                break;
        }
    }

    private void ChangeOwners(StoredObject stored, HashSet<string> before, HashSet<string> after)
    {
        if (before.SetEquals(after)) return;
        connection.RemoveOwners(stored.Uid);
        foreach (var owner in after)
            AddOwner(owner, stored);
        foreach (var owner in before.Except(after, StringComparer.Ordinal))
            _upkeep.Add(UpkeepTask.Owner(owner));
    }

    private void ForgetOwners(StoredObject removed)
    {
        if (connection.HasDependents(removed.Uid)) _upkeep.Add(UpkeepTask.Owner(removed.Uid));
        foreach (var owner in connection.OwnersOf(removed.Uid))
            _upkeep.Add(UpkeepTask.Owner(owner));
        if (removed.Key.Namespace.Length > 0) _upkeep.Add(UpkeepTask.Namespace(removed.Key.Namespace));
        connection.RemoveOwners(removed.Uid);
    }

    private void AddOwner(string owner, StoredObject dependent)
    {
        connection.AddOwner(owner, dependent.Uid);
        var isThere = connection.GetByUid(owner) is { } found && (found.Key.Namespace.Length == 0 || found.Key.Namespace == dependent.Key.Namespace);
        if (!isThere) _upkeep.Add(UpkeepTask.Owner(owner));
    }

    private static HashSet<string> Owners(StoredObject stored)
    {
        // Most objects have none, which their bytes tell sooner than a parser would.
        if (!stored.Mentions("\"ownerReferences\""u8)) return None;
        return new HashSet<string>(ObjectMetadata.Of(stored.Parse()).OwnerReferences.Select(r => r.Uid), StringComparer.Ordinal);
    }
}
