using System.Net;
using System.Net.Sockets;
using Fabric.Kube.Configuration;
using Fabric.Kube.Tests.Testing;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Node.Testing;

namespace Fabric.Kube.Tests.Client;

/// <summary>What a server answers on a bad day, by a script.</summary>
public sealed class KubeClientFaultTests
{
    private static readonly ObjectKey Key = new("a", "one");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static KubeClient Connect(ScriptedServer server, KubeClientOptions? options = null) => new(server.Connection, options);

    [Fact]
    public async Task A_read_that_meets_429_and_503_is_repeated_after_the_time_asked_for()
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json("{}", 429, ("Retry-After", "0")), ScriptedServer.Json("busy", 503), ScriptedServer.Json(Samples.PodJson("one", 7)));
        using var client = Connect(server);
        Assert.Equal("7", (await client.Resource(ResourceTypes.Pods).GetAsync(Key, Token))!.Metadata.ResourceVersion);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_asks_for_too_much_patience_is_reported_at_once()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Json("{}", 503, ("Retry-After", "3600")));
        using var client = Connect(server);
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Resource(ResourceTypes.Pods).GetAsync(Key, Token));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromHours(1), true), (e.Code, e.RetryAfter, e.IsTransient));
    }

    [Fact]
    public async Task A_write_is_repeated_only_when_the_server_did_not_look_at_it()
    {
        await using var server = await ScriptedServer.StartAsync(
            ScriptedServer.Json("{}", 429), ScriptedServer.Json(Samples.PodJson("one", 1)), ScriptedServer.Status(500, "InternalError", "etcd"));
        using var client = Connect(server);
        await client.Resource(ResourceTypes.Pods).CreateAsync(Samples.Pod("a", "one"), Token);
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Resource(ResourceTypes.Pods).CreateAsync(Samples.Pod("a", "one"), Token));
        Assert.Equal("POST /api/v1/namespaces/a/pods: etcd", e.Message);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_slow_server_is_given_up_and_named()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Never(), ScriptedServer.Never());
        using var client = Connect(server, new KubeClientOptions { RequestTimeout = TimeSpan.FromMilliseconds(100), Attempts = 2 });
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Resource(ResourceTypes.Pods).GetAsync(Key, Token));
        Assert.Equal(("Timeout", null, true), (e.Reason, e.Code, e.IsTransient));
        Assert.Contains("within 0.1 s", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_listening_is_unreachable()
    {
        // Bound, so that the port is nobody else's, and not listened on.
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new KubeClient(new KubeConnection { Server = new Uri($"http://{nobody.LocalEndPoint}") }, new KubeClientOptions { Attempts = 1 });
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Resource(ResourceTypes.Pods).GetAsync(Key, Token));
        Assert.Equal("Unreachable", e.Reason);
        Assert.False(await client.IsReadyAsync(Token));
    }

    [Fact]
    public async Task Cancelling_is_no_fault()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Never());
        using var client = Connect(server);
        using var cancel = new CancellationTokenSource();
        var get = client.Resource(ResourceTypes.Pods).GetAsync(Key, cancel.Token);
        await Eventually.HoldsAsync(() => !server.Requests.IsEmpty);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => get);
    }

    [Theory]
    [InlineData(409, "AlreadyExists", true, false)]
    [InlineData(409, "Conflict", false, true)]
    public async Task The_two_kinds_of_409_are_told_apart(int code, string reason, bool exists, bool conflict)
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Status(code, reason, "no"));
        using var client = Connect(server);
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Resource(ResourceTypes.Pods).CreateAsync(Samples.Pod("a", "one"), Token));
        Assert.Equal((exists, conflict, false), (e.IsAlreadyExists, e.IsConflict, e.IsTransient));
    }

    [Fact]
    public async Task Causes_name_their_fields()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Status(
            422, "Invalid", "bad", """{"causes":[{"reason":"FieldValueInvalid","message":"not a prefix","field":"spec.ipv4.cidr"}]}"""));
        using var client = Connect(server);
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Resource(ResourceTypes.Pods).CreateAsync(Samples.Pod("a", "one"), Token));
        Assert.True(e.IsInvalid);
        Assert.Equal([new StatusCause("FieldValueInvalid", "not a prefix", "spec.ipv4.cidr")], e.Causes);
    }

    [Fact]
    public async Task A_list_is_read_page_by_page()
    {
        var first = Samples.PodList(9, Samples.PodJson("one", 1)).Replace("\"resourceVersion\":\"9\"}", "\"resourceVersion\":\"9\",\"continue\":\"a b\"}", StringComparison.Ordinal);
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Json(first), ScriptedServer.Json(Samples.PodList(9, Samples.PodJson("two", 2))));
        using var client = Connect(server);
        var list = await client.Resource(ResourceTypes.Pods).ListAsync(new ListOptions { Namespace = "a", Labels = "x in (y,z)" }, Token);
        Assert.Equal(["one", "two"], list.Items.Select(pod => pod.Metadata.Name));
        Assert.Equal("9", list.Metadata.ResourceVersion);
        Assert.Equal("GET /api/v1/namespaces/a/pods?labelSelector=x%20in%20%28y%2Cz%29&limit=500&continue=a%20b", server.Requests.Last());
    }

    [Fact]
    public async Task A_watch_tells_events_and_bookmarks_and_ends_with_the_servers_time()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Watch(
            Ending.End, Samples.PodEvent("ADDED", "one", 2), Samples.PodEvent("BOOKMARK", "", 5), Samples.PodEvent("DELETED", "one", 6)));
        using var client = Connect(server);
        var events = await client.Resource(ResourceTypes.Pods).WatchAsync(ListOptions.All, "1", Token).ToListAsync(Token);
        Assert.Equal([(WatchEventType.Added, "2"), (WatchEventType.Bookmark, "5"), (WatchEventType.Deleted, "6")], events.Select(e => (e.Type, e.ResourceVersion)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_version_that_is_too_old_ends_a_watch_with_expired(bool atOnce)
    {
        var status = """{"kind":"Status","reason":"Expired","message":"too old","code":410}""";
        await using var server = await ScriptedServer.StartAsync(
            atOnce ? ScriptedServer.Json(status, 410) : ScriptedServer.Watch(Ending.StayOpen, $$$"""{"type":"ERROR","object":{{{status}}}}""" + "\n"));
        using var client = Connect(server);
        var events = await client.Resource(ResourceTypes.Pods).WatchAsync(ListOptions.All, "1", Token).ToListAsync(Token);
        Assert.Equal(WatchEventType.Expired, Assert.Single(events).Type);
    }

    [Fact]
    public async Task An_event_is_read_in_whatever_order_and_pieces_it_comes()
    {
        var turned = $$"""{"object":{{Samples.PodJson("two", 3)}},"more":[{"type":"DELETED"}],"type":"MODIFIED"}""" + "\n";
        var whole = "\n" + Samples.PodEvent("ADDED", "one", 2) + turned + Samples.PodEvent("DELETED", "ü", 4);
        var bytes = whole.Length / 2;
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Watch(Ending.End, whole[..bytes], whole[bytes..]));
        using var client = Connect(server);
        var events = await client.Resource(ResourceTypes.Pods).WatchAsync(ListOptions.All, "1", Token).ToListAsync(Token);
        Assert.Equal(
            [(WatchEventType.Added, "one", "2"), (WatchEventType.Modified, "two", "3"), (WatchEventType.Deleted, "ü", "4")],
            events.Select(each => (each.Type, each.Value!.Metadata.Name!, each.ResourceVersion)));
    }

    [Theory]
    [InlineData("""{"type":"ADDED"}""")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"name":"one"}}} {}""")]
    [InlineData("""{"type":7,"object":{"metadata":{"name":"one"}}}""")]
    [InlineData("[]")]
    public async Task What_is_no_event_is_a_fault(string line)
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Watch(Ending.End, line + "\n"));
        using var client = Connect(server);
        var e = await Assert.ThrowsAsync<KubeException>(async () => await client.Resource(ResourceTypes.Pods).WatchAsync(ListOptions.All, "1", Token).ToListAsync(Token));
        Assert.Equal("BrokenAnswer", e.Reason);
    }

    [Theory]
    [InlineData(Ending.Break)]
    [InlineData(Ending.End)]
    public async Task A_watch_cut_in_the_middle_of_a_line_is_a_fault_after_what_was_whole(Ending ending)
    {
        await using var server = await ScriptedServer.StartAsync(ScriptedServer.Watch(ending, Samples.PodEvent("ADDED", "one", 2), """{"type":"ADDED","obj"""));
        using var client = Connect(server);
        var seen = new List<string>();
        var e = await Assert.ThrowsAsync<KubeException>(async () =>
        {
            await foreach (var change in client.Resource(ResourceTypes.Pods).WatchAsync(ListOptions.All, "1", Token))
            {
                seen.Add(change.ResourceVersion);
                server.MayBreak.TrySetResult();
            }
        });
        Assert.Contains(e.Reason, (string[])["Unreachable", "BrokenAnswer"]);
        Assert.True(e.IsTransient);
        Assert.Equal(["2"], seen);
    }
}
