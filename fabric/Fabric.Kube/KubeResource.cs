using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Fabric.Kube;

/// <summary>The operations of the Kubernetes API on one type of object.</summary>
/// <remarks>
/// Reads are repeated when the server fails in passing; a write is not, unless the server says that it did not look at it
/// (429), because nobody but the caller knows whether it may take place twice.
/// </remarks>
public sealed partial class KubeResource<T>
    where T : class, IKubeObject
{
    private readonly KubeTransport _transport;
    private readonly KubeClientOptions _options;

    internal KubeResource(ResourceType<T> type, KubeTransport transport, KubeClientOptions options)
    {
        Type = type;
        _transport = transport;
        _options = options;
    }

    /// <summary>The type of object.</summary>
    public ResourceType<T> Type { get; }

    /// <summary>Reads one object.</summary>
    /// <returns>The object, or null when there is none of that name.</returns>
    /// <exception cref="KubeException">The server refused or failed.</exception>
    public async Task<T?> GetAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!IsPathSegment(key.Name) || key.Namespace is { Length: > 0 } ns && !IsPathSegment(ns))
        {
            // No object has it, and its path would be another's, or none.
            return null;
        }

        try
        {
            return Parse(Path(key), Type.Json, await SendAsync(HttpMethod.Get, Path(key), cancellationToken));
        }
        catch (KubeException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Whether an object may be called so (Kubernetes, "Object Names and IDs", path segment names).</summary>
    private static bool IsPathSegment(string name) => name is not ("" or "." or "..") && !name.Any(c => c is '/' or '%' || char.IsControl(c));

    /// <summary>
    /// Reads all matching objects, page by page, as of one version. One that cannot be read as the type is said in the log and in
    /// <see cref="KubeList{T}.Unreadable"/>: what one user has written must not hide the objects of all others.
    /// </summary>
    /// <exception cref="KubeException">The server refused or failed; <see cref="KubeException.IsGone"/> when the pages took longer than the server keeps a version.</exception>
    public async Task<KubeList<T>> ListAsync(ListOptions options, CancellationToken cancellationToken)
    {
        var items = new List<T>();
        var unreadable = new List<ObjectKey>();
        string? next = null;
        while (true)
        {
            var path = Query.Append(
                Type.CollectionPath(options.Namespace),
                ("labelSelector", options.Labels),
                ("fieldSelector", options.Fields),
                ("limit", _options.PageSize.ToString()),
                ("continue", next));
            var page = ParsePage(path, await SendAsync(HttpMethod.Get, path, cancellationToken));
            next = page.Metadata.Continue;
            if (string.IsNullOrEmpty(next) && items.Count == 0 && unreadable.Count == 0)
                return page;
            items.AddRange(page.Items);
            unreadable.AddRange(page.Unreadable);
            if (string.IsNullOrEmpty(next))
                return page with { Items = items, Unreadable = unreadable };
        }
    }

    /// <summary>Creates the object.</summary>
    /// <returns>The object as stored, with uid and resourceVersion.</returns>
    /// <exception cref="KubeException"><see cref="KubeException.IsAlreadyExists"/>, <see cref="KubeException.IsInvalid"/>, or the server failed.</exception>
    public Task<T> CreateAsync(T value, CancellationToken cancellationToken) =>
        WriteAsync(HttpMethod.Post, Type.CollectionPath(Type.KeyOf(value).Namespace), value, cancellationToken);

    /// <summary>Replaces the object, except its status where the type has a status subresource.</summary>
    /// <exception cref="KubeException"><see cref="KubeException.IsConflict"/> when the object changed since it was read.</exception>
    public Task<T> UpdateAsync(T value, CancellationToken cancellationToken) =>
        WriteAsync(HttpMethod.Put, Path(Type.KeyOf(value)), value, cancellationToken);

    /// <summary>Replaces the object's status, and nothing else.</summary>
    /// <exception cref="KubeException"><see cref="KubeException.IsConflict"/> when the object changed since it was read.</exception>
    public Task<T> UpdateStatusAsync(T value, CancellationToken cancellationToken) =>
        WriteAsync(HttpMethod.Put, Path(Type.KeyOf(value), "status"), value, cancellationToken);

    /// <summary>Lets the server change the object, or create it in the case of server-side apply.</summary>
    /// <exception cref="KubeException"><see cref="KubeException.IsNotFound"/>, <see cref="KubeException.IsConflict"/>, <see cref="KubeException.IsInvalid"/>, or the server failed.</exception>
    public Task<T> PatchAsync(ObjectKey key, KubePatch patch, CancellationToken cancellationToken) => PatchAsync(Path(key), patch, cancellationToken);

    /// <summary>Lets the server change the object's status.</summary>
    /// <exception cref="KubeException"><see cref="KubeException.IsNotFound"/>, <see cref="KubeException.IsConflict"/>, <see cref="KubeException.IsInvalid"/>, or the server failed.</exception>
    public Task<T> PatchStatusAsync(ObjectKey key, KubePatch patch, CancellationToken cancellationToken) => PatchAsync(Path(key, "status"), patch, cancellationToken);

    /// <summary>Deletes the object, or marks it for deletion where finalizers hold it.</summary>
    /// <returns>False when there was none.</returns>
    /// <exception cref="KubeException"><see cref="KubeException.IsConflict"/> when a precondition does not hold.</exception>
    public async Task<bool> DeleteAsync(ObjectKey key, DeleteOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            var request = new KubeRequest(HttpMethod.Delete, Path(key)) { Body = options?.ToJson() ?? ReadOnlyMemory<byte>.Empty };
            await _transport.SendAsync(request, cancellationToken);
            return true;
        }
        catch (KubeException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>
    /// Reads, changes and writes the status until the write is based on the newest version; writes nothing when the change changes nothing.
    /// </summary>
    /// <param name="key">The object.</param>
    /// <param name="change">Gives the object as it should be, or null to leave it; may be called more than once.</param>
    /// <param name="cancellationToken">Ends the tries.</param>
    /// <returns>The object as it is afterwards, or null when there is none.</returns>
    public Task<T?> MutateStatusAsync(ObjectKey key, Func<T, T?> change, CancellationToken cancellationToken) =>
        MutateAsync(key, change, UpdateStatusAsync, cancellationToken);

    /// <summary>As <see cref="MutateStatusAsync"/>, for everything but the status: metadata and spec.</summary>
    public Task<T?> MutateAsync(ObjectKey key, Func<T, T?> change, CancellationToken cancellationToken) =>
        MutateAsync(key, change, UpdateAsync, cancellationToken);

    private async Task<T?> MutateAsync(ObjectKey key, Func<T, T?> change, Func<T, CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        var wait = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));
        for (var attempt = 1; ; attempt++)
        {
            if (await GetAsync(key, cancellationToken) is not { } current)
                return null;
            if (change(current) is not { } wanted || wanted.Equals(current))
                return current;
            try
            {
                return await write(wanted, cancellationToken);
            }
            catch (KubeException e) when (e.IsNotFound)
            {
                return null;
            }
            catch (KubeException e) when (e.IsConflict && attempt < 10)
            {
                await Task.Delay(wait.Delay(attempt), _options.Time, cancellationToken);
            }
        }
    }

    private async Task<T> PatchAsync(string path, KubePatch patch, CancellationToken cancellationToken)
    {
        var query = Query.Append(path, ("fieldManager", _options.FieldManager), ("force", patch.IsApply && patch.Force ? "true" : null));
        var request = new KubeRequest(HttpMethod.Patch, query) { Body = patch.Body, ContentType = patch.ContentType };
        return Parse(path, Type.Json, await _transport.SendAsync(request, cancellationToken));
    }

    private async Task<T> WriteAsync(HttpMethod method, string path, T value, CancellationToken cancellationToken)
    {
        var request = new KubeRequest(method, Query.Append(path, ("fieldManager", _options.FieldManager)))
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(value, Type.Json),
        };
        return Parse(path, Type.Json, await _transport.SendAsync(request, cancellationToken));
    }

    private Task<ReadOnlyMemory<byte>> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken) =>
        _transport.SendAsync(new KubeRequest(method, path), cancellationToken);

    private string Path(ObjectKey key, string? subresource = null) =>
        subresource is null ? Type.ObjectPath(key) : $"{Type.ObjectPath(key)}/{subresource}";

    private KubeList<T> ParsePage(string path, ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, Type.ListJson) ?? throw new JsonException("the answer is null");
        }
        catch (JsonException)
        {
            return ParseItems(path, json);
        }
    }

    /// <summary>Reads a page object by object: slower, and needed only when one of them cannot be read.</summary>
    private KubeList<T> ParseItems(string path, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var metadata = document.RootElement.GetProperty("metadata");
            var items = new List<T>();
            var unreadable = new List<ObjectKey>();
            foreach (var item in document.RootElement.GetProperty("items").EnumerateArray())
            {
                if (TryRead(JsonMarshal.GetRawUtf8Value(item), out var key) is { } value)
                    items.Add(value);
                else
                    unreadable.Add(key);
            }
            return new KubeList<T>
            {
                Metadata = new ListMeta { ResourceVersion = Text(metadata, "resourceVersion"), Continue = Text(metadata, "continue") },
                Items = items,
                Unreadable = unreadable,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new KubeException(path, code: null, "BrokenAnswer", $"the answer cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads an object, or says in the log that it cannot be read.</summary>
    /// <param name="json">The object.</param>
    /// <param name="key">Its key when it cannot be read.</param>
    private T? TryRead(ReadOnlySpan<byte> json, out ObjectKey key)
    {
        key = default;
        try
        {
            return JsonSerializer.Deserialize(json, Type.Json) ?? throw new JsonException("the object is null");
        }
        catch (JsonException e)
        {
            var metadata = Tree(json).GetProperty("metadata");
            key = new ObjectKey(Text(metadata, "namespace"), Text(metadata, "name") ?? "");
            _options.Logger.LogWarning("{Type} {Key} cannot be read and is passed over until it is corrected: {Problem}", Type.Plural, key, e.Message);
            return null;
        }
    }

    private static JsonElement Tree(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return JsonElement.ParseValue(ref reader);
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static TValue Parse<TValue>(string path, JsonTypeInfo<TValue> type, ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, type) ?? throw new JsonException("the answer is null");
        }
        catch (JsonException e)
        {
            throw new KubeException(path, code: null, "BrokenAnswer", $"the answer cannot be read: {e.Message}", e);
        }
    }
}
