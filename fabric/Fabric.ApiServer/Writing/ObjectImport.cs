using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Hosting;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Microsoft.Extensions.Logging;

namespace Fabric.ApiServer.Writing;

/// <summary>
/// Writes objects into the database of a server that is not running, as they are: with their status, uids and finalizers.
/// They are checked, pruned and completed as requests are; admissions are not asked.
/// </summary>
public static class ObjectImport
{
    /// <summary>Objects of one commit.</summary>
    private const int BatchSize = 1000;

    /// <summary>Writes all, batch by batch: what was written before a failure stays.</summary>
    /// <param name="options">Of the server: its data directory and kinds count here.</param>
    /// <param name="objects">Each the JSON of one object, owners before what they own; a uid is made where there is none.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="StoreException">The server is running, or the database cannot be used.</exception>
    /// <exception cref="FormatException">An object is of no kind that is served, is not valid, or is there already; says which.</exception>
    public static async Task<int> RunAsync(ApiServerOptions options, IEnumerable<string> objects, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var catalog = ResourceCatalog.Load(options.CrdDirectories);
        using var directory = DataDirectory.Open(options.DataDirectory);
        await using var store = ObjectStore.Open(directory.File("objects.db"), historyPerResource: 1, options.LoggerFactory.CreateLogger<ObjectStore>());
        await PermanentNamespaces.EnsureAsync(store, catalog, options.TimeProvider, cancellationToken);
        var written = 0;
        foreach (var batch in objects.Select(json => Prepare(catalog, json, options.TimeProvider)).Chunk(BatchSize))
        {
            written += await store.WriteAsync(tx => Insert(tx, batch), dryRun: false, cancellationToken);
        }

        return written;
    }

    private static (ObjectKey Key, JsonObject Body) Prepare(ResourceCatalog catalog, string json, TimeProvider clock)
    {
        var body = JsonNode.Parse(json) as JsonObject ?? throw new FormatException("an object to be imported is not a JSON object");
        var (apiVersion, kind) = (body.TextAt("apiVersion") ?? "", body.TextAt("kind") ?? "");
        var definition = catalog.ByKind(apiVersion, kind) ?? throw new FormatException($"{apiVersion} {kind} is not served");
        var metadata = ObjectMetadata.Of(body);
        var key = new ObjectKey(definition.QualifiedName, definition.Namespaced ? metadata.Namespace ?? "" : "", metadata.Name ?? "");
        metadata.Uid ??= Guid.NewGuid().ToString();
        if (metadata.Json.TextAt("creationTimestamp") is null) metadata.SetTime("creationTimestamp", clock.GetUtcNow());
        try
        {
            ObjectNormalizer.Normalize(definition, body, FieldValidation.Strict, []);
        }
        catch (StatusException e)
        {
            throw new FormatException($"{key}: {e.Message}", e);
        }

        return (key, body);
    }

    private static int Insert(WriteTransaction transaction, (ObjectKey Key, JsonObject Body)[] batch)
    {
        foreach (var (key, body) in batch)
        {
            if (transaction.Get(key) is not null) throw new FormatException($"{key} is there already");
            transaction.Insert(key, body);
        }

        return batch.Length;
    }
}
