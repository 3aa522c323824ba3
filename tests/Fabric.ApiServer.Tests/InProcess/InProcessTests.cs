using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Admission;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.InProcess;

/// <summary>What the embedding process sends is answered as if it came over the network.</summary>
public sealed class InProcessTests
{
    [Fact]
    public async Task Objects_are_written_and_read_and_refusals_are_worded_the_same()
    {
        await using var server = await StartAsync();
        using var client = ClientOf(server, "system:masters");
        using var created = await client.PostAsync(Widgets + "?fieldManager=x", Json(Widget("a", """{"color":"red","colour":1}""")), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("application/json", created.Content.Headers.ContentType!.MediaType);
        Assert.Contains("unknown field \\\"spec.colour\\\"", Assert.Single(created.Headers.GetValues("Warning")), StringComparison.Ordinal);
        var seen = JsonNode.Parse(await created.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.True(JsonNode.DeepEquals(seen, (await server.GetAsync(Widgets + "/a")).Body));
        Assert.True(JsonNode.DeepEquals(seen, JsonNode.Parse(await client.GetStringAsync(Widgets + "/a", TestContext.Current.CancellationToken))));
        foreach (var path in new[] { Widgets + "/b", Widgets + "?fieldSelector=x%3Dy", "/apis/none", Widgets + "/a%2Fstatus" })
        {
            using var refused = await client.GetAsync(path, TestContext.Current.CancellationToken);
            var overNetwork = await server.GetAsync(path);
            Assert.Equal(overNetwork.Code, refused.StatusCode);
            Assert.Equal(overNetwork.Body.ToJsonString(), JsonNode.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.ToJsonString());
        }
    }

    [Fact]
    public async Task A_user_may_do_no_more_than_over_the_network()
    {
        await using var server = await StartAsync();
        using var client = ClientOf(server, "fabric:agents");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/pods", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/configmaps", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task A_list_larger_than_any_buffer_arrives_whole()
    {
        await using var server = await StartAsync();
        using var client = ClientOf(server, "system:masters");
        var note = new string('n', 50_000);
        for (var i = 0; i < 20; i++)
            (await client.PostAsync(Widgets, Json(Widget("w" + i, $$"""{"color":"red","note":"{{note}}"}""")), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        var list = JsonNode.Parse(await client.GetStringAsync(Widgets, TestContext.Current.CancellationToken))!;
        Assert.Equal(20, list["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_watch_is_told_each_change_and_ends_with_the_server()
    {
        var server = await StartAsync();
        using var client = ClientOf(server, "system:masters");
        using var response = await client.GetAsync(Widgets + "?watch=1", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        foreach (var name in new[] { "a", "b" })
        {
            await server.PostAsync(Widgets, Widget(name));
            var line = JsonNode.Parse((await reader.ReadLineAsync(TestContext.Current.CancellationToken))!)!;
            Assert.Equal(("ADDED", name), (line["type"]!.GetValue<string>(), line["object"]!["metadata"]!["name"]!.GetValue<string>()));
        }

        await server.DisposeAsync();
        Assert.Null(await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/version", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_watch_that_is_hung_up_on_ends_in_the_server()
    {
        await using var server = await StartAsync();
        using var client = ClientOf(server, "system:masters");
        using (await client.GetAsync(Widgets + "?watch=1", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
            Assert.DoesNotContain("WATCH", await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!(await client.GetStringAsync("/metrics", deadline.Token)).Contains("WATCH", StringComparison.Ordinal))
            await Task.Yield();
    }

    [Fact]
    public async Task A_request_that_is_given_up_is_not_waited_for()
    {
        using var held = new ManualResetEventSlim();
        await using var server = await StartAsync(admissions: new Hold(held));
        using var client = ClientOf(server, "system:masters");
        using var given = new CancellationTokenSource();
        var request = client.PostAsync(Blocks, Json(Block("a", 1, 2)), given.Token);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        held.Set();
        await server.EventuallyAsync(Blocks + "/a", a => a.Code == HttpStatusCode.OK);
    }

    /// <summary>Keeps a write waiting.</summary>
    private sealed class Hold(ManualResetEventSlim held) : IAdmission
    {
        public IReadOnlySet<string> Resources { get; } = new HashSet<string>(["blocks.test.example.com"], StringComparer.Ordinal);

        public AdmissionVerdict Review(AdmissionRequest request)
        {
            held.Wait(TimeSpan.FromSeconds(20));
            return AdmissionVerdict.Allowed;
        }
    }

    private static HttpClient ClientOf(TestServer server, string group)
        => new(server.Host.CreateHandler("embedding", [group])) { BaseAddress = new Uri("https://localhost") };

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
