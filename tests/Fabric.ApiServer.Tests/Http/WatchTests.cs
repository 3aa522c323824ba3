using System.Net;
using System.Text.Json.Nodes;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Http;

public sealed class WatchTests
{
    [Fact]
    public async Task A_watch_from_a_version_sees_every_later_change_once_and_in_order()
    {
        await using var server = await StartAsync();
        var start = (await server.GetAsync(Widgets)).Text("metadata", "resourceVersion");
        await using var watch = await Watch.OpenAsync(server, $"{Widgets}?watch=1&resourceVersion={start}");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => server.PostAsync(Widgets, Widget("w" + i))));
        var versions = new List<long>();
        for (var i = 0; i < 50; i++)
        {
            var (type, seen) = await watch.NextAsync();
            Assert.Equal("ADDED", type);
            versions.Add(long.Parse(seen["metadata"]!["resourceVersion"]!.GetValue<string>()));
        }

        Assert.Equal(versions.Distinct().Order(), versions);
    }

    [Fact]
    public async Task An_object_that_leaves_the_selection_is_deleted_for_the_watch()
    {
        await using var server = await StartAsync();
        await using var watch = await Watch.OpenAsync(server, $"{Widgets}?watch=1&labelSelector=team%3Da");
        await server.PostAsync(Widgets, Widget("other"));
        await server.PostAsync(Widgets, Widget("w", metadata: ""","labels":{"team":"a"}"""));
        Assert.Equal("ADDED", (await watch.NextAsync()).Type);
        await server.PatchAsync(Widgets + "/w", """{"spec":{"size":4}}""");
        Assert.Equal("MODIFIED", (await watch.NextAsync()).Type);
        await server.PatchAsync(Widgets + "/w", """{"metadata":{"labels":{"team":"b"}}}""");
        Assert.Equal("DELETED", (await watch.NextAsync()).Type);
        await server.PatchAsync(Widgets + "/w", """{"metadata":{"labels":{"team":"a"}}}""");
        Assert.Equal("ADDED", (await watch.NextAsync()).Type);
        await server.DeleteAsync(Widgets + "/w");
        Assert.Equal("DELETED", (await watch.NextAsync()).Type);
    }

    [Fact]
    public async Task A_field_selector_watches_one_nodes_pods()
    {
        await using var server = await StartAsync();
        await using var watch = await Watch.OpenAsync(server, "/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn1");
        foreach (var node in new[] { "n2", "n1" })
            await server.PostAsync("/api/v1/namespaces/default/pods", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME"},"spec":{"nodeName":"NAME","containers":[{"name":"a"}]}}""".Replace("NAME", node, StringComparison.Ordinal));
        Assert.Equal("n1", (await watch.NextAsync()).Object["metadata"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_field_selector_follows_an_object_into_and_out_of_its_selection()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("w"));
        await using var watch = await Watch.OpenAsync(server, $"{Widgets}?watch=1&fieldSelector=status.phase%3DReady");
        await using var others = await Watch.OpenAsync(server, $"{Widgets}?watch=1&fieldSelector=status.phase!%3DReady");
        Assert.Equal("ADDED", (await others.NextAsync()).Type);
        await server.PatchAsync(Widgets + "/w/status", """{"status":{"phase":"Ready"}}""");
        Assert.Equal("ADDED", (await watch.NextAsync()).Type);
        var (type, left) = await others.NextAsync();
        Assert.Equal("DELETED", type);
        Assert.Equal("Ready", left["status"]!["phase"]!.GetValue<string>());
        await server.PatchAsync(Widgets + "/w", """{"spec":{"size":4}}""");
        Assert.Equal("MODIFIED", (await watch.NextAsync()).Type);
        await server.PatchAsync(Widgets + "/w/status", """{"status":{"phase":null}}""");
        Assert.Equal("DELETED", (await watch.NextAsync()).Type);
        Assert.Equal("ADDED", (await others.NextAsync()).Type);
        await server.DeleteAsync(Widgets + "/w");
        Assert.Equal("DELETED", (await others.NextAsync()).Type);
    }

    [Fact]
    public async Task A_watch_on_a_field_that_cannot_be_selected_on_is_refused()
    {
        await using var server = await StartAsync();
        var refused = await server.GetAsync($"{Widgets}?watch=1&fieldSelector=spec.size%3D3");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Code);
        Assert.Equal("field label not supported: spec.size", refused.Text("message"));
    }

    [Fact]
    public async Task A_watch_without_a_version_begins_with_what_exists()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a"));
        await using var watch = await Watch.OpenAsync(server, $"{Widgets}?watch=1");
        Assert.Equal("ADDED", (await watch.NextAsync()).Type);
        await server.DeleteAsync(Widgets + "/a");
        Assert.Equal("DELETED", (await watch.NextAsync()).Type);
    }

    [Fact]
    public async Task Initial_events_end_with_a_marked_bookmark()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a"));
        await using var watch = await Watch.OpenAsync(server, $"{Widgets}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan");
        Assert.Equal("ADDED", (await watch.NextAsync()).Type);
        var (type, bookmark) = await watch.NextAsync();
        Assert.Equal("BOOKMARK", type);
        Assert.Equal("true", bookmark["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>());
        var refused = await server.GetAsync($"{Widgets}?watch=1&sendInitialEvents=true");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Code);
    }

    [Fact]
    public async Task An_expired_version_is_gone()
    {
        await using var server = await StartAsync(history: 10);
        var start = (await server.GetAsync(Widgets)).Text("metadata", "resourceVersion");
        for (var i = 0; i < 20; i++)
            await server.PostAsync(Widgets, Widget("w" + i));
        await using var watch = await Watch.OpenAsync(server, $"{Widgets}?watch=1&resourceVersion={start}");
        var (type, status) = await watch.NextAsync();
        Assert.Equal("ERROR", type);
        Assert.Equal(410, status["code"]!.GetValue<int>());
        Assert.Equal("Expired", status["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task After_a_restart_the_last_version_can_be_resumed_and_earlier_ones_are_gone()
    {
        using var folder = new TemporaryFolder();
        string earlier;
        string last;
        await using (var first = await StartAsync(folder))
        {
            earlier = (await first.PostAsync(Widgets, Widget("a"))).Text("metadata", "resourceVersion")!;
            last = (await first.PostAsync(Widgets, Widget("b"))).Text("metadata", "resourceVersion")!;
        }

        await using var second = await StartAsync(folder);
        await using var resumed = await Watch.OpenAsync(second, $"{Widgets}?watch=1&resourceVersion={last}");
        await second.PostAsync(Widgets, Widget("c"));
        Assert.Equal("c", (await resumed.NextAsync()).Object["metadata"]!["name"]!.GetValue<string>());
        await using var expired = await Watch.OpenAsync(second, $"{Widgets}?watch=1&resourceVersion={earlier}");
        Assert.Equal("ERROR", (await expired.NextAsync()).Type);
    }

    [Fact]
    public async Task A_watch_ends_at_its_timeout()
    {
        await using var server = await StartAsync();
        await using var watch = await Watch.OpenAsync(server, $"{Widgets}?watch=1&timeoutSeconds=1");
        Assert.Null(await watch.LineAsync());
    }

    [Fact]
    public async Task A_watch_can_be_a_table()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a"));
        await using var watch = await Watch.OpenAsync(server, $"{Widgets}?watch=1", "application/json;as=Table;v=v1;g=meta.k8s.io");
        var (_, table) = await watch.NextAsync();
        Assert.Equal("Table", table["kind"]!.GetValue<string>());
        Assert.Equal("a", table["rows"]![0]!["cells"]![0]!.GetValue<string>());
    }

    /// <summary>An open watch.</summary>
    private sealed class Watch(HttpResponseMessage response, StreamReader reader) : IAsyncDisposable
    {
        public static async Task<Watch> OpenAsync(TestServer server, string path, string accept = "application/json")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Accept", accept);
            var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            return new Watch(response, new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
        }

        public async Task<string?> LineAsync()
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            deadline.CancelAfter(TimeSpan.FromSeconds(20));
            return await reader.ReadLineAsync(deadline.Token);
        }

        public async Task<(string Type, JsonObject Object)> NextAsync()
        {
            var line = (JsonObject)JsonNode.Parse(await LineAsync() ?? throw new InvalidOperationException("the watch ended"))!;
            return (line["type"]!.GetValue<string>(), (JsonObject)line["object"]!);
        }

        public ValueTask DisposeAsync()
        {
            reader.Dispose();
            response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
