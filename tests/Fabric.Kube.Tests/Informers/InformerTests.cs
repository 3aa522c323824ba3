using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Fabric.Kube.Configuration;
using Fabric.Kube.Informers;
using Fabric.Kube.Tests.Testing;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;

namespace Fabric.Kube.Tests.Informers;

public sealed class InformerTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private static readonly ObjectKey One = new("a", "one");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Describe(InformerEvent<Pod> change) =>
        $"{change.Old?.Metadata.ResourceVersion ?? "-"}>{(change.New is null ? "-" : change.New.Metadata.ResourceVersion)} {change.Current.Metadata.Name}";

    [Fact]
    public async Task After_a_broken_watch_and_a_410_the_difference_is_told_as_if_it_had_been_watched()
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json(Samples.PodList(10, Samples.PodJson("one", 1), Samples.PodJson("two", 2), Samples.PodJson("gone", 3))),
            ScriptedServer.Watch(Ending.End, Samples.PodEvent("MODIFIED", "one", 11), Samples.PodEvent("BOOKMARK", "", 15), """{"type":"""),
            ScriptedServer.Json("", 410),
            ScriptedServer.Json(Samples.PodList(20, Samples.PodJson("one", 16), Samples.PodJson("two", 2), Samples.PodJson("new", 17))),
            ScriptedServer.Watch(Ending.StayOpen, Samples.PodEvent("DELETED", "two", 21)));
        using var client = new KubeClient(server.Connection);
        var informer = new Informer<Pod>(client, ResourceTypes.Pods);
        var seen = new ConcurrentQueue<string>();
        informer.Subscribe(change => seen.Enqueue(Describe(change)));
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Token);
        await Eventually.HoldsAsync(() => seen.Count == 8);

        Assert.Equal(["->1 one", "->2 two", "->3 gone", "1>11 one", "11>16 one", "->17 new", "3>- gone", "21>- two"], seen);
        Assert.Contains(server.Requests, request => request.Contains("resourceVersion=15&", StringComparison.Ordinal));
        Assert.Contains(server.Requests, request => request.Contains("resourceVersion=20&", StringComparison.Ordinal));
        Assert.Equal("16", informer.Get(One)!.Metadata.ResourceVersion);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task An_object_that_cannot_be_read_keeps_its_last_state_and_hides_no_other()
    {
        static string Unreadable(string name, int version) => Samples.PodJson(name, version).Replace("\"metadata\"", "\"spec\":{\"containers\":7},\"metadata\"", StringComparison.Ordinal);
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json(Samples.PodList(10, Samples.PodJson("one", 1), Unreadable("two", 2), Samples.PodJson("three", 3))),
            ScriptedServer.Watch(
                Ending.End,
                $$"""{"type":"MODIFIED","object":{{Unreadable("one", 11)}}}""" + "\n",
                Samples.PodEvent("MODIFIED", "two", 12),
                $$"""{"type":"DELETED","object":{{Unreadable("three", 13)}}}""" + "\n"),
            ScriptedServer.Json(Samples.PodList(20, Unreadable("one", 11), Samples.PodJson("two", 12))),
            ScriptedServer.Watch(Ending.StayOpen, Samples.PodEvent("MODIFIED", "one", 21)));
        using var client = new KubeClient(server.Connection);
        var informer = new Informer<Pod>(client, ResourceTypes.Pods);
        var seen = new ConcurrentQueue<string>();
        informer.Subscribe(change => seen.Enqueue(Describe(change)));
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);
        await Eventually.HoldsAsync(() => seen.Count == 5);

        Assert.Equal(["->1 one", "->3 three", "->12 two", "3>- three", "1>21 one"], seen);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task A_server_that_was_restored_from_an_older_copy_is_listed_again()
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json(Samples.PodList(90, Samples.PodJson("one", 80), Samples.PodJson("later", 85))),
            ScriptedServer.Status(504, "Timeout", "Too large resource version: 90, current: 50", """{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}"""),
            ScriptedServer.Json(Samples.PodList(50, Samples.PodJson("one", 40))),
            ScriptedServer.Watch(Ending.StayOpen));
        using var client = new KubeClient(server.Connection, new KubeClientOptions { Attempts = 1 });
        var informer = new Informer<Pod>(client, ResourceTypes.Pods);
        using var stop = new CancellationTokenSource();
        _ = informer.RunAsync(stop.Token);

        await Eventually.HoldsAsync(() => informer.Count == 1 && informer.Get(One)?.Metadata.ResourceVersion == "40");

        await Eventually.HoldsAsync(() => server.Requests.Any(request => request.Contains("watch=1", StringComparison.Ordinal) && request.Contains("resourceVersion=50&", StringComparison.Ordinal)));
        await stop.CancelAsync();
    }

    [Fact]
    public async Task A_server_that_is_not_there_yet_is_waited_for()
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json("starting", 503), ScriptedServer.Json(Samples.PodList(1)), ScriptedServer.Watch(Ending.StayOpen));
        using var client = new KubeClient(server.Connection, new KubeClientOptions { Attempts = 1 });
        var informer = new Informer<Pod>(client, ResourceTypes.Pods);
        using var stop = new CancellationTokenSource();
        _ = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Token);
        Assert.Equal(0, informer.Count);
        await stop.CancelAsync();
    }

    /// <summary>However it is away: the copy stays, the server is not hammered, and what changed is known soon after it is back.</summary>
    [Theory]
    [InlineData("refused", 15)]
    [InlineData("unauthorized", 15)]
    [InlineData("unavailable for an hour", 60)]
    [InlineData("no JSON", 15)]
    public async Task Ten_minutes_without_a_server_are_waited_out_and_not_overslept(string absence, int latest)
    {
        var time = new ManualTime();
        using var road = new Road(Samples.PodList(10, Samples.PodJson("one", 1)));
        // No wait but the informer's own is as short as those that are looked for here.
        using var client = new KubeClient(
            new KubeConnection { Server = new Uri("http://api.example"), Handler = road }, new KubeClientOptions { Time = time, Attempts = 1, RequestTimeout = TimeSpan.FromHours(1), WatchTimeout = TimeSpan.FromHours(2) });
        var informer = new Informer<Pod>(client, ResourceTypes.Pods);
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);
        await Eventually.HoldsAsync(() => informer.HasSynced && road.Watches == 1);

        road.Close(absence);
        var left = time.GetUtcNow();
        var tries = 0;
        for (; time.GetUtcNow() - left < TimeSpan.FromMinutes(10); tries++)
        {
            await WaitsAsync();
            time.Advance(time.UntilNext!.Value);
        }

        Assert.InRange(tries, 600 / latest, 110);
        Assert.NotNull(informer.Get(One));
        await WaitsAsync();
        road.Open(Samples.PodList(90, Samples.PodJson("one", 80), Samples.PodJson("new", 81)));
        var back = time.GetUtcNow();
        while (!Knows())
        {
            time.Advance(time.UntilNext!.Value);
            await Eventually.HoldsAsync(() => Knows() || time.UntilNext <= TimeSpan.FromMinutes(2));
        }

        Assert.InRange(time.GetUtcNow() - back, TimeSpan.Zero, TimeSpan.FromSeconds(latest + 1));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        bool Knows() => informer.Get(One)?.Metadata.ResourceVersion == "80" && informer.Count == 2;

        Task WaitsAsync() => Eventually.HoldsAsync(() => time.UntilNext <= TimeSpan.FromMinutes(2));
    }

    /// <summary>The way to a server whose versions of before are too old when it comes back.</summary>
    private sealed class Road(string pods) : HttpMessageHandler
    {
        private volatile string? _absence;
        private volatile string _pods = pods;
        private volatile bool _returned;
        private int _watches;
        private CancellationTokenSource _cut = new();

        public int Watches => Volatile.Read(ref _watches);

        public void Close(string absence)
        {
            _absence = absence;
            _returned = true;
            _cut.Cancel();
        }

        public void Open(string pods)
        {
            _pods = pods;
            _cut = new CancellationTokenSource();
            _absence = null;
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            switch (_absence)
            {
                case "refused":
                    throw new HttpRequestException("Connection refused");
                case "unauthorized":
                    return new HttpResponseMessage(HttpStatusCode.Unauthorized);
                case "unavailable for an hour":
                    return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Headers = { RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromHours(1)) } };
                case "no JSON":
                    return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<html>maintenance</html>") };
            }

            if (!request.RequestUri!.Query.Contains("watch=1", StringComparison.Ordinal))
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(_pods) };
            if (_returned && request.RequestUri.Query.Contains("resourceVersion=10&", StringComparison.Ordinal))
                return new HttpResponseMessage(HttpStatusCode.Gone);
            Interlocked.Increment(ref _watches);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Silence(_cut.Token)) };
        }
    }

    /// <summary>A watch that brings nothing until it is cut.</summary>
    private sealed class Silence(CancellationToken cut) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cut, cancellationToken);
            await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException("Connection reset by peer");
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    [Fact]
    public async Task The_copy_and_its_indexes_follow_the_real_server()
    {
        using var client = embedded.Connect();
        var pods = client.Resource(ResourceTypes.Pods);
        await pods.CreateAsync(Samples.Pod("default", "before", "n1"), Token);
        var informer = new Informer<Pod>(client, ResourceTypes.Pods, new ListOptions { Namespace = "default" });
        var byNode = informer.AddIndex(pod => pod.Spec?.NodeName is { } node ? [node] : []);
        using var stop = new CancellationTokenSource();
        _ = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(Token);
        Assert.Equal("before", Assert.Single(byNode.Find("n1")).Metadata.Name);

        // More changes than the server keeps: whatever the watch misses, the copy ends right.
        await pods.CreateAsync(Samples.Pod("default", "after"), Token);
        for (var i = 0; i < 120; i++)
            await pods.MutateAsync(new ObjectKey("default", "after"), pod => pod with { Metadata = pod.Metadata with { Annotations = [KeyValuePair.Create("i", i.ToString())] } }, Token);
        await pods.DeleteAsync(new ObjectKey("default", "before"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await Eventually.HoldsAsync(() => informer.Get(new ObjectKey("default", "after"))?.Metadata.Annotation("i") == "119" && byNode.Find("n1").Count == 0);

        var replayed = 0;
        informer.Subscribe(change => replayed += change.Old is null ? 1 : 0);
        Assert.Equal(informer.Count, replayed);
        await stop.CancelAsync();
    }
}
