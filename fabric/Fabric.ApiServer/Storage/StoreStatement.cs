using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fabric.ApiServer.Storage;

/// <summary>
/// A prepared statement; parameters are numbered from 1, columns from 0. It is SQLite's own interface: a command of ADO.NET
/// costs as much again as the statements of this store themselves.
/// </summary>
internal sealed class StoreStatement : IDisposable
{
    private const int LongestOnStack = 512;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public StoreStatement(sqlite3 database, string sql)
    {
        _database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public StoreStatement Bind(int parameter, string text)
    {
        if (text.Length == 0)
        {
            // An empty span has no address, which SQLite takes for NULL.
            Check(raw.sqlite3_bind_text(_statement, parameter, utf8z.FromSpan("\0"u8)));
            return this;
        }

        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = most <= LongestOnStack ? stackalloc byte[most] : new byte[most];
        Check(raw.sqlite3_bind_text(_statement, parameter, utf8[..Encoding.UTF8.GetBytes(text, utf8)]));
        return this;
    }

    public StoreStatement Bind(int parameter, long number)
    {
        Check(raw.sqlite3_bind_int64(_statement, parameter, number));
        return this;
    }

    public StoreStatement Bind(int parameter, ReadOnlySpan<byte> blob)
    {
        Check(raw.sqlite3_bind_blob(_statement, parameter, blob));
        return this;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False when there is none; then the statement is ready for its next use.</returns>
    /// <exception cref="SqliteException">SQLite's own code and message.</exception>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW) return true;
        raw.sqlite3_reset(_statement);
        if (code != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(code, _database);
        return false;
    }

    /// <summary>Makes the statement ready for its next use before its last row was read.</summary>
    public void Reset() => raw.sqlite3_reset(_statement);

    /// <summary>Carries out a statement that has no rows.</summary>
    public void Run()
    {
        if (Step()) Reset();
    }

    /// <summary>Whether there is a row.</summary>
    public bool Any()
    {
        if (!Step()) return false;
        Reset();
        return true;
    }

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    /// <param name="guess">Returned instead of a new text when it is the same.</param>
    public string Text(int column, string guess)
    {
        var bytes = Bytes(column);
        return Ascii.Equals(bytes, guess) ? guess : Encoding.UTF8.GetString(bytes);
    }

    public long Integer(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>A text or blob as it is in SQLite's memory, until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _database);
}
