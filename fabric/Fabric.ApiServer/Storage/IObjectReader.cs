namespace Fabric.ApiServer.Storage;

/// <summary>Objects as of one moment: a read snapshot, or a write transaction with what it has written so far.</summary>
internal interface IObjectReader
{
    /// <summary>The resourceVersion of the moment.</summary>
    long Version { get; }

    StoredObject? Get(ObjectKey key);

    StoredObject? GetByUid(string uid);

    /// <param name="namespace">Null for all namespaces.</param>
    /// <param name="after">Namespace and name after which to begin; default for the first.</param>
    IEnumerable<StoredObject> Scan(string resource, string? @namespace, (string Namespace, string Name)? after = null);
}
