using System.Net;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Http;

public sealed class MetricsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_are_counted_by_verb_resource_and_code_whether_granted_or_refused()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 2; i++)
            await server.Client.GetAsync($"{Widgets}/none", Token);
        await server.Client.GetAsync($"{Widgets}", Token);
        await server.Client.GetAsync("/apis/test.example.com/v1/unknown", Token);

        // An answer may be read before it is counted, and one before another that was given earlier.
        string text;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        do
        {
            text = await server.Client.GetStringAsync("/metrics", Token);
        }
        while (!(text.Contains("\"LIST\"", StringComparison.Ordinal) && text.Contains("verb=\"GET\",version=\"v1\"} 2\n", StringComparison.Ordinal)) && !deadline.IsCancellationRequested);

        Assert.Contains("# TYPE apiserver_request_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains("apiserver_request_total{code=\"404\",group=\"test.example.com\",resource=\"widgets\",subresource=\"\",verb=\"GET\",version=\"v1\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("apiserver_request_total{code=\"200\",group=\"test.example.com\",resource=\"widgets\",subresource=\"\",verb=\"LIST\",version=\"v1\"} 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_for_administrators()
    {
        await using var server = await StartAsync();
        using var agent = server.ClientFor(server.Host.AgentKubeconfigPath);
        Assert.Equal(HttpStatusCode.Forbidden, (await agent.GetAsync("/metrics", Token)).StatusCode);
        using var nobody = server.ClientFor(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/metrics", Token)).StatusCode);
    }
}
