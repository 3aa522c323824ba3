using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Fabric.Kube.Transport;

namespace Fabric.Kube;

public sealed partial class KubeResource<T>
{
    /// <summary>Reports every change after <paramref name="resourceVersion"/>, in order, until the server ends the watch.</summary>
    /// <param name="options">Which objects.</param>
    /// <param name="resourceVersion">Where to begin: a list's version, or the last one that an earlier watch brought.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>
    /// The events; bookmarks among them. The sequence ends when the server's time for one watch is over: watch again from the
    /// last version. It ends with <see cref="WatchEventType.Expired"/> when that version is too old. Of an object that cannot be read as
    /// the type only the version is told, as a bookmark.
    /// </returns>
    /// <exception cref="KubeException">The watch was refused, broke, or carried what is not JSON. What came before is valid: go on from its version.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync(ListOptions options, string resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Spread, so that the watches of many agents opened together do not end together.
        var seconds = (int)(_options.WatchTimeout.TotalSeconds * (1 + Random.Shared.NextDouble() / 5));
        var path = Query.Append(
            Type.CollectionPath(options.Namespace),
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resourceVersion),
            ("timeoutSeconds", seconds.ToString()),
            ("labelSelector", options.Labels),
            ("fieldSelector", options.Fields));
        var request = new KubeRequest(HttpMethod.Get, path);

        // The server ends the watch itself; a half minute later its connection is taken for dead.
        using var overdue = new CancellationTokenSource(TimeSpan.FromSeconds(seconds + 30), _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, overdue.Token);
        using var response = await OpenWatchAsync(request, either.Token);
        if (response is null)
        {
            yield return new WatchEvent<T>(WatchEventType.Expired, null, "");
            yield break;
        }
        using var reader = new LineReader(request.Operation, await response.Content.ReadAsStreamAsync(either.Token));
        while (await reader.ReadAsync(either.Token, cancellationToken) is { } line)
        {
            if (line.IsEmpty)
                continue;
            var next = ParseEvent(request, line.Span);
            yield return next;
            if (next.Type == WatchEventType.Expired)
                yield break;
        }
    }

    private async Task<HttpResponseMessage?> OpenWatchAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _transport.OpenStreamAsync(request, cancellationToken);
        }
        catch (KubeException e) when (e.IsGone)
        {
            return null;
        }
    }

    private WatchEvent<T> ParseEvent(KubeRequest request, ReadOnlySpan<byte> line)
    {
        try
        {
            var (type, body) = Split(line);
            var @object = line[body];
            switch (type)
            {
                case "ERROR":
                    var error = KubeStatus.FromStatus(request.Operation, code: null, Tree(@object));
                    return error.Code == HttpStatusCode.Gone ? new WatchEvent<T>(WatchEventType.Expired, null, "") : throw error;
                case "BOOKMARK":
                    return new WatchEvent<T>(WatchEventType.Bookmark, null, Tree(@object).GetProperty("metadata").GetProperty("resourceVersion").GetString() ?? "");
                default:
                    if (TryRead(@object, out _) is { } value)
                        return new WatchEvent<T>(TypeOf(type), value, value.Metadata.ResourceVersion ?? "");
                    // What was known of it stays in force. That it is gone is found by the next list, which no longer has it.
                    return TypeOf(type) == WatchEventType.Deleted
                        ? new WatchEvent<T>(WatchEventType.Expired, null, "")
                        : new WatchEvent<T>(WatchEventType.Bookmark, null, Text(Tree(@object).GetProperty("metadata"), "resourceVersion") ?? "");
            }
        }
        // A connection cut in the middle of a line ends like a whole one.
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new KubeException(request.Operation, code: null, "BrokenAnswer", $"the watch carried what is not an event: {e.Message}", e);
        }
    }

    /// <summary>Finds where in an event its object is, without making a tree of it: it is read as its type at once.</summary>
    private static (string? Type, Range Object) Split(ReadOnlySpan<byte> line)
    {
        string? type = null;
        Range? body = null;
        var reader = new Utf8JsonReader(line);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, isObject) = (reader.ValueTextEquals("type"u8), reader.ValueTextEquals("object"u8));
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (isType)
                type = reader.GetString();
            reader.Skip();
            if (isObject)
                body = start..(int)reader.BytesConsumed;
        }
        // Refuses what comes behind its end.
        reader.Read();
        return (type, body ?? throw new JsonException("it has no object"));
    }

    private static WatchEventType TypeOf(string? type) => type switch
    {
        "ADDED" => WatchEventType.Added,
        "MODIFIED" => WatchEventType.Modified,
        "DELETED" => WatchEventType.Deleted,
        _ => throw new JsonException($"unknown event type '{type}'"),
    };
}
