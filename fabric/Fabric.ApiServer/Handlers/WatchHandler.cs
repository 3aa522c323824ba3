using System.Buffers;
using System.IO.Pipelines;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Watching;
using Microsoft.AspNetCore.Http.Features;

namespace Fabric.ApiServer.Handlers;

/// <summary>Answers with changes as they happen.</summary>
/// <remarks>https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes</remarks>
internal sealed class WatchHandler(ObjectStore store, TimeProvider clock, CancellationToken stopping)
{
    /// <summary>Events a watch may be behind; then it is ended and its client lists again.</summary>
    private const int Capacity = 4096;

    /// <summary>Often enough that a client's version does not expire while its own kind is quiet.</summary>
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromSeconds(30);

    /// <summary>A watch without a timeout ends after about this time, so that clients spread over servers and connections.</summary>
    private static readonly TimeSpan LongestWatch = TimeSpan.FromHours(1);

    public async Task WatchAsync(ResourceRequest request, ListOptions options)
    {
        Check(options);
        using var timeout = new CancellationTokenSource(options.Timeout ?? LongestWatch, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, timeout.Token, stopping);
        var response = request.Context.Response;
        response.ContentType = MediaType.Json;
        response.Headers.CacheControl = "no-cache, private";
        request.Context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var form = WatchForm.Of(request, clock);
        try
        {
            var after = options.Version ?? 0;
            if (after == 0 || options.SendInitialEvents == true) after = await SendInitialAsync(response.BodyWriter, form, options, end.Token);
            using var subscription = store.Changes.Subscribe(options.Filter, after, Capacity);
            if (subscription is null)
            {
                await SendExpiredAsync(response.BodyWriter, after, end.Token);
                return;
            }

            // Headers go out at once: a client may wait for them before it changes what it watches.
            await response.BodyWriter.FlushAsync(end.Token);
            await FollowAsync(response.BodyWriter, form, subscription, options.Bookmarks, end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The client left, or the time is over: the stream simply ends.
        }
    }

    private static void Check(ListOptions options)
    {
        if (options.Continue.Length > 0) throw StatusException.BadRequest("continue: Forbidden: continue is forbidden for watch");
        if (options.SendInitialEvents is null)
        {
            if (options.VersionMatch.Length > 0) throw StatusException.BadRequest("resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
            return;
        }

        if (options.VersionMatch != "NotOlderThan")
            throw StatusException.BadRequest("resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        if (options.SendInitialEvents == true && !options.Bookmarks)
            throw StatusException.BadRequest("allowWatchBookmarks: Forbidden: sendInitialEvents requires allowWatchBookmarks");
    }

    /// <summary>What exists already, as additions; to a client that asked for it, a bookmark says that this was all.</summary>
    /// <returns>The version the changes follow after.</returns>
    private async Task<long> SendInitialAsync(PipeWriter output, WatchForm form, ListOptions options, CancellationToken cancellationToken)
    {
        if (options.SendInitialEvents == false) return store.Changes.Latest;
        using var reader = await ListReader.OpenAsync(store, options with { Limit = 0, VersionMatch = "NotOlderThan" }, cancellationToken);
        foreach (var stored in reader.Objects)
        {
            form.Write(new WatchEvent(ChangeKind.Added, stored), output);
            if (output.UnflushedBytes > 64 << 10) await output.FlushAsync(cancellationToken);
        }

        if (options.SendInitialEvents == true) form.WriteBookmark(reader.Version, endsInitial: true, output);
        await output.FlushAsync(cancellationToken);
        return reader.Version;
    }

    private async Task FollowAsync(PipeWriter output, WatchForm form, WatchSubscription subscription, bool bookmarks, CancellationToken cancellationToken)
    {
        var told = subscription.After;
        Task<bool>? waiting = null;
        while (true)
        {
            while (subscription.TryRead(out var seen))
            {
                form.Write(seen, output);
                told = seen.Object.Version;
            }

            if (output.UnflushedBytes > 0 && (await output.FlushAsync(cancellationToken)).IsCompleted) return;
            waiting ??= subscription.WaitAsync(cancellationToken).AsTask();
            if (!bookmarks || await IsReadyAsync(waiting, cancellationToken))
            {
                if (!await waiting) return;
                waiting = null;
                continue;
            }

            if (store.Changes.CaughtUp(subscription) is not { } version || version <= told) continue;
            form.WriteBookmark(version, endsInitial: false, output);
            told = version;
        }
    }

    /// <returns>False when it is time for a bookmark instead.</returns>
    private async Task<bool> IsReadyAsync(Task<bool> waiting, CancellationToken cancellationToken)
    {
        // Nothing is thrown when the time is over: hundreds of watches are quiet for most of theirs.
        await ((Task)waiting).WaitAsync(BookmarkInterval, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return waiting.IsCompleted;
    }

    private static async Task SendExpiredAsync(PipeWriter output, long after, CancellationToken cancellationToken)
    {
        var status = StatusException.Expired($"too old resource version: {after}").ToStatus();
        output.Write("{\"type\":\"ERROR\",\"object\":"u8);
        JsonBody.Write(status, output);
        output.Write("}\n"u8);
        await output.FlushAsync(cancellationToken);
    }
}
