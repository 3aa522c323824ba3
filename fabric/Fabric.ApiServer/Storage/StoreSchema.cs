using Microsoft.Data.Sqlite;

namespace Fabric.ApiServer.Storage;

/// <summary>The tables, their version, and how a database file is opened and checked.</summary>
internal static class StoreSchema
{
    /// <summary>"Fabr" in SQLite's header, so that <c>file(1)</c> and we can tell our database from another.</summary>
    private const int ApplicationId = 0x46616272;
    private const int CurrentVersion = 2;

    /// <remarks>
    /// Objects are a rowid table with an index by key: bodies of a kilobyte in a WITHOUT ROWID tree would make every look-up
    /// walk through them. <c>owners</c> is the garbage collector's index of ownerReferences by uid.
    /// </remarks>
    private const string Tables = """
        CREATE TABLE state(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO state VALUES('version', 1);
        CREATE TABLE objects(
            id INTEGER PRIMARY KEY,
            resource TEXT NOT NULL,
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            uid TEXT NOT NULL,
            version INTEGER NOT NULL,
            body BLOB NOT NULL) STRICT;
        CREATE UNIQUE INDEX objects_by_key ON objects(resource, namespace, name);
        CREATE UNIQUE INDEX objects_by_uid ON objects(uid);
        CREATE TABLE owners(owner TEXT NOT NULL, dependent TEXT NOT NULL, PRIMARY KEY(owner, dependent)) STRICT, WITHOUT ROWID;
        CREATE INDEX owners_by_dependent ON owners(dependent);
        """;

    /// <summary>Opens for writing, creating the tables in a new file.</summary>
    /// <exception cref="StoreException">Not a database of ours, corrupted, or of a newer version.</exception>
    public static SqliteConnection OpenWriter(string file)
    {
        var connection = Connect(file, SqliteOpenMode.ReadWriteCreate);
        try
        {
            // FULL in WAL mode syncs the log at every commit: what is acknowledged survives a power loss, not only a crash.
            Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-32000;");
            Prepare(connection, file);
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new StoreException($"The database {file} cannot be used: {e.Message}. Restore it from a copy, or move it away to start empty.", e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static SqliteConnection OpenReader(string file)
    {
        var connection = Connect(file, SqliteOpenMode.ReadWrite);
        Execute(connection, "PRAGMA query_only=1;");
        return connection;
    }

    private static void Prepare(SqliteConnection connection, string file)
    {
        var application = Scalar(connection, "PRAGMA application_id");
        var version = Scalar(connection, "PRAGMA user_version");
        if (version == 0 && Scalar(connection, "SELECT count(*) FROM sqlite_schema") == 0)
        {
            Execute(connection, $"BEGIN IMMEDIATE; {Tables} PRAGMA application_id={ApplicationId}; PRAGMA user_version={CurrentVersion}; COMMIT;");
            return;
        }

        if (application != ApplicationId)
            throw new StoreException($"The database {file} is not one of Fabric's (application id {application:x}).");
        if (version > CurrentVersion)
            throw new StoreException($"The database {file} was written by a newer Fabric (schema {version}, this one knows {CurrentVersion}). Use that version.");

        using var check = connection.CreateCommand();
        check.CommandText = "PRAGMA quick_check(1)";
        if (check.ExecuteScalar() is string verdict && verdict != "ok")
            throw new StoreException($"The database {file} is corrupted: {verdict}. Restore it from a copy, or move it away to start empty.");

        // Schema 1 had an index that every write paid for and that only the deletion of a namespace used.
        if (version < 2) Execute(connection, "BEGIN IMMEDIATE; DROP INDEX IF EXISTS objects_by_namespace; PRAGMA user_version=2; COMMIT;");
    }

    private static SqliteConnection Connect(string file, SqliteOpenMode mode)
    {
        SqliteLibrary.EnsureLoaded();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            // Readers are many and the system keeps the file's pages for all of them: what each keeps for itself stays small.
            Execute(connection, "PRAGMA busy_timeout=10000; PRAGMA cache_size=-2000;");
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new StoreException($"The database {file} cannot be opened: {e.Message}. Restore it from a copy, or move it away to start empty.", e);
        }
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
