using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Listing;

/// <summary>A change that a watch reports.</summary>
/// <param name="IsDeletion">The object is gone; this is its last state.</param>
/// <param name="Object">In the form that was asked for; null when the server no longer has the version to go on from: read anew and <see cref="ObjectWatch.Continue"/>.</param>
internal readonly record struct ObjectChange(bool IsDeletion, JsonObject? Object);

/// <summary>Follows objects for as long as it takes: a watch that the server ends is opened again where it ended.</summary>
internal sealed class ObjectWatch(ApiSession session, ApiKind kind, Selection selection, string? accept = null)
{
    private const int Gone = 410;

    private static readonly Backoff Wait = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    private string _version = "";

    /// <summary>Goes on from another version.</summary>
    public void Continue(string version) => _version = version;

    /// <summary>The changes after a version, without end.</summary>
    /// <exception cref="KubeException">The watch was refused.</exception>
    public async IAsyncEnumerable<ObjectChange> RunAsync(string version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _version = version;
        for (var broken = 0; ; broken++)
        {
            if (broken > 0)
                await Task.Delay(Wait.Delay(broken), cancellationToken);
            await using var lines = session.WatchAsync(new KubeRequest(HttpMethod.Get, selection.WatchPath(kind, _version)) { Accept = accept }, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(lines, broken) is { } line)
            {
                broken = 0;
                var entry = ApiJson.Parse("watch", Encoding.UTF8.GetBytes(line));
                var body = entry["object"] as JsonObject ?? [];
                if (entry.TextAt("type") == "ERROR")
                {
                    if (body["code"]?.GetValue<int>() != Gone)
                        break;
                    yield return default;
                    break;
                }

                _version = VersionOf(body) is { Length: > 0 } seen ? seen : _version;
                if (entry.TextAt("type") != "BOOKMARK")
                    yield return new ObjectChange(entry.TextAt("type") == "DELETED", body);
            }
        }
    }

    /// <returns>Null when the stream has ended or broke, which may be a server that starts anew.</returns>
    private static async Task<string?> NextAsync(IAsyncEnumerator<string> lines, int broken)
    {
        try
        {
            return await lines.MoveNextAsync() ? lines.Current : null;
        }
        catch (KubeException e) when (e.IsTransient && broken < 10)
        {
            return null;
        }
    }

    private static string? VersionOf(JsonObject body) => body.TextAt("metadata", "resourceVersion");
}
