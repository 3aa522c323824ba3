namespace Fabric.ApiServer.Storage;

/// <summary>A consistent view for reading. Keep it short: SQLite cannot shrink its log past the oldest one.</summary>
internal sealed class ReadSnapshot : IObjectReader, IDisposable
{
    private readonly StoreConnection _connection;
    private readonly Action<StoreConnection> _giveBack;
    private bool _disposed;

    public ReadSnapshot(StoreConnection connection, Action<StoreConnection> giveBack)
    {
        _connection = connection;
        _giveBack = giveBack;
        connection.BeginRead();
        Version = connection.Version();
    }

    public long Version { get; }

    public StoredObject? Get(ObjectKey key) => _connection.Get(key);

    public StoredObject? GetByUid(string uid) => _connection.GetByUid(uid);

    public IEnumerable<StoredObject> Scan(string resource, string? @namespace, (string Namespace, string Name)? after = null)
        => _connection.Scan(resource, @namespace, after ?? ("", ""));

    public IReadOnlyList<string> AbsentOwners() => _connection.AbsentOwners();

    public IReadOnlyList<string> UidsMentioning(string text) => _connection.UidsMentioning(text);

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _connection.Commit();
        _giveBack(_connection);
    }
}
