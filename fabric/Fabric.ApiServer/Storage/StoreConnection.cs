using Microsoft.Data.Sqlite;

namespace Fabric.ApiServer.Storage;

/// <summary>A connection and its prepared statements. One thread at a time.</summary>
internal sealed class StoreConnection(SqliteConnection connection) : IDisposable
{
    private const string Row = "namespace,name,uid,version,body,resource";

    /// <summary>Every resource there is: jumps from one to the next in the index, whatever the number of objects.</summary>
    private const string Resources = """
        WITH RECURSIVE resources(name) AS (
            SELECT min(resource) FROM objects
            UNION ALL SELECT (SELECT min(resource) FROM objects WHERE resource>resources.name) FROM resources WHERE resources.name IS NOT NULL)
        """;

    private readonly List<StoreStatement> _statements = [];
    private StoreStatement? _begin, _beginWrite, _commit, _rollback, _save, _release, _undo;
    private StoreStatement? _version, _setVersion, _get, _getByUid, _insert, _update, _delete;
    private StoreStatement? _addOwner, _removeOwners, _ownersOf, _hasDependents, _dependentsOf, _absentOwners, _mentioning, _anyInNamespace, _keysInNamespace;

    /// <summary>Begins a read: what is seen from now on is as of its first statement.</summary>
    public void BeginRead() => Prepared(ref _begin, "BEGIN").Run();

    public void BeginWrite() => Prepared(ref _beginWrite, "BEGIN IMMEDIATE").Run();

    public void Commit() => Prepared(ref _commit, "COMMIT").Run();

    public void RollBack() => Prepared(ref _rollback, "ROLLBACK").Run();

    /// <summary>Marks the place to which <see cref="UndoCommand"/> goes back.</summary>
    public void BeginCommand() => Prepared(ref _save, "SAVEPOINT command").Run();

    public void EndCommand() => Prepared(ref _release, "RELEASE command").Run();

    public void UndoCommand()
    {
        Prepared(ref _undo, "ROLLBACK TO command").Run();
        EndCommand();
    }

    public long Version()
    {
        var statement = Prepared(ref _version, "SELECT value FROM state WHERE name='version'");
        statement.Step();
        var version = statement.Integer(0);
        statement.Reset();
        return version;
    }

    public void SetVersion(long version) => Prepared(ref _setVersion, "UPDATE state SET value=?1 WHERE name='version'").Bind(1, version).Run();

    public StoredObject? Get(ObjectKey key)
        => One(Prepared(ref _get, $"SELECT {Row} FROM objects WHERE resource=?1 AND namespace=?2 AND name=?3").Bind(1, key.Resource).Bind(2, key.Namespace).Bind(3, key.Name), key);

    public StoredObject? GetByUid(string uid) => One(Prepared(ref _getByUid, $"SELECT {Row} FROM objects WHERE uid=?1").Bind(1, uid), null);

    public void Insert(StoredObject stored)
        => Prepared(ref _insert, "INSERT INTO objects(resource,namespace,name,uid,version,body) VALUES(?1,?2,?3,?4,?5,?6)")
            .Bind(1, stored.Key.Resource).Bind(2, stored.Key.Namespace).Bind(3, stored.Key.Name).Bind(4, stored.Uid).Bind(5, stored.Version).Bind(6, stored.Body)
            .Run();

    /// <summary>Replaces the object of the same uid.</summary>
    public void Update(StoredObject stored)
        => Prepared(ref _update, "UPDATE objects SET version=?1, body=?2 WHERE uid=?3").Bind(1, stored.Version).Bind(2, stored.Body).Bind(3, stored.Uid).Run();

    public void Delete(string uid) => Prepared(ref _delete, "DELETE FROM objects WHERE uid=?1").Bind(1, uid).Run();

    /// <summary>Objects in list order that come after a position.</summary>
    /// <param name="namespace">Null for all namespaces.</param>
    /// <param name="after">Namespace and name, both empty to begin at the first.</param>
    public IEnumerable<StoredObject> Scan(string resource, string? @namespace, (string Namespace, string Name) after)
    {
        // Not one of the kept statements: a scan may still be open when the next one starts.
        using var statement = new StoreStatement(
            connection.Handle!,
            @namespace is null
                ? $"SELECT {Row} FROM objects WHERE resource=?1 AND (namespace,name)>(?2,?3) ORDER BY namespace,name"
                : $"SELECT {Row} FROM objects WHERE resource=?1 AND namespace=?2 AND name>?3 ORDER BY name");
        statement.Bind(1, resource).Bind(2, @namespace ?? after.Namespace).Bind(3, after.Name);
        var last = "";
        while (statement.Step())
        {
            // Neighbours share a namespace, and all share the resource.
            last = statement.Text(0, last);
            yield return Read(statement, new ObjectKey(resource, last, statement.Text(1)));
        }
    }

    public void AddOwner(string owner, string dependent) => Prepared(ref _addOwner, "INSERT OR IGNORE INTO owners VALUES(?1,?2)").Bind(1, owner).Bind(2, dependent).Run();

    public void RemoveOwners(string dependent) => Prepared(ref _removeOwners, "DELETE FROM owners WHERE dependent=?1").Bind(1, dependent).Run();

    public IReadOnlyList<string> OwnersOf(string dependentUid) => Texts(Prepared(ref _ownersOf, "SELECT owner FROM owners WHERE dependent=?1").Bind(1, dependentUid));

    public bool HasDependents(string ownerUid) => Prepared(ref _hasDependents, "SELECT 1 FROM owners WHERE owner=?1 LIMIT 1").Bind(1, ownerUid).Any();

    public IReadOnlyList<StoredObject> DependentsOf(string ownerUid)
    {
        var found = new List<StoredObject>();
        var statement = Prepared(ref _dependentsOf, $"SELECT {Row} FROM owners JOIN objects ON uid=dependent WHERE owner=?1 ORDER BY id").Bind(1, ownerUid);
        while (statement.Step())
            found.Add(Read(statement, KeyOf(statement)));
        return found;
    }

    /// <summary>Owner uids that no object has.</summary>
    public IReadOnlyList<string> AbsentOwners() => Texts(Prepared(ref _absentOwners, "SELECT DISTINCT owner FROM owners WHERE owner NOT IN (SELECT uid FROM objects)"));

    /// <summary>Objects whose body holds a text. Reads every body: for start-up only.</summary>
    public IReadOnlyList<string> UidsMentioning(string text)
        => Texts(Prepared(ref _mentioning, "SELECT uid FROM objects WHERE instr(body, CAST(?1 AS BLOB)) > 0").Bind(1, text));

    public bool AnyInNamespace(string @namespace)
        => Prepared(ref _anyInNamespace, $"{Resources} SELECT 1 FROM resources r JOIN objects o ON o.resource=r.name AND o.namespace=?1 LIMIT 1").Bind(1, @namespace).Any();

    /// <summary>Keys of every object in a namespace, of any resource.</summary>
    public IReadOnlyList<ObjectKey> KeysInNamespace(string @namespace)
    {
        var found = new List<ObjectKey>();
        var statement = Prepared(ref _keysInNamespace, $"{Resources} SELECT r.name, o.name FROM resources r JOIN objects o ON o.resource=r.name AND o.namespace=?1").Bind(1, @namespace);
        var resource = "";
        while (statement.Step())
        {
            resource = statement.Text(0, resource);
            found.Add(new ObjectKey(resource, @namespace, statement.Text(1)));
        }

        return found;
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        connection.Dispose();
    }

    private static StoredObject? One(StoreStatement statement, ObjectKey? key)
    {
        if (!statement.Step()) return null;
        var stored = Read(statement, key ?? KeyOf(statement));
        statement.Reset();
        return stored;
    }

    private static List<string> Texts(StoreStatement statement)
    {
        var found = new List<string>();
        while (statement.Step())
            found.Add(statement.Text(0));
        return found;
    }

    private static ObjectKey KeyOf(StoreStatement row) => new(row.Text(5), row.Text(0), row.Text(1));

    private static StoredObject Read(StoreStatement row, ObjectKey key) => new(key, row.Text(2), row.Integer(3), row.Bytes(4).ToArray());

    private StoreStatement Prepared(ref StoreStatement? statement, string sql)
    {
        if (statement is null) _statements.Add(statement = new StoreStatement(connection.Handle!, sql));
        return statement;
    }
}
