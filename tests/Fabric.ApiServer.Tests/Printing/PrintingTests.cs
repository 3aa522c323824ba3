using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Printing;

namespace Fabric.ApiServer.Tests.Printing;

public sealed class PrintingTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(200, "3m20s")]
    [InlineData(3_000, "50m")]
    [InlineData(3 * 3600 + 60, "3h1m")]
    [InlineData(30 * 3600, "30h")]
    [InlineData(3 * 86_400 + 3600, "3d1h")]
    [InlineData(100 * 86_400, "100d")]
    [InlineData(800 * 86_400, "2y70d")]
    public void Ages_are_fine_when_short_and_coarse_when_long(int seconds, string text) => Assert.Equal(text, Age.Text(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(".a", "1")]
    [InlineData("{.b.c}", "x")]
    [InlineData(".list[0].v", "1")]
    [InlineData(".list[-1].v", "2")]
    [InlineData(".list[*].v", "1|2")]
    [InlineData(".list[?(@.n==\"two\")].v", "2")]
    [InlineData(".list[?(@.v>1)].n", "two")]
    [InlineData(".list[?(@.extra)].n", "one")]
    [InlineData(".dotted.a\\.b/c", "yes")]
    [InlineData(".dotted['a.b/c']", "yes")]
    [InlineData(".none.at.all", "")]
    public void Json_paths_lead_to_values(string path, string expected)
    {
        var json = JsonNode.Parse("""{"a":1,"b":{"c":"x"},"list":[{"n":"one","v":1,"extra":true},{"n":"two","v":2}],"dotted":{"a.b/c":"yes"}}""");
        Assert.Equal(expected, string.Join('|', JsonPath.Parse(path).Select(json).Select(v => v.Scalar())));
    }

    [Theory]
    [InlineData("..a")]
    [InlineData(".a[")]
    [InlineData(".a[?(@.b=~1)]")]
    [InlineData(".a[?(@.b==\"x]")]
    public void Json_paths_beyond_the_subset_are_refused(string path) => Assert.Throws<FormatException>(() => JsonPath.Parse(path));

    [Theory]
    [InlineData("""{"status":{"phase":"Running","containerStatuses":[{"ready":true,"restartCount":2},{"ready":false}]},"spec":{"containers":[{},{}]}}""", "1/2", "Running", "2")]
    [InlineData("""{"status":{"phase":"Pending","containerStatuses":[{"state":{"waiting":{"reason":"ContainerCreating"}}}]},"spec":{"containers":[{}]}}""", "0/1", "ContainerCreating", "0")]
    [InlineData("""{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"},"status":{"phase":"Running"},"spec":{"containers":[{}]}}""", "0/1", "Terminating", "0")]
    [InlineData("""{"status":{"phase":"Failed","containerStatuses":[{"state":{"terminated":{"exitCode":3}}}]},"spec":{"containers":[{}]}}""", "0/1", "ExitCode:3", "0")]
    public void A_pods_columns_answer_the_first_question(string pod, string ready, string status, string restarts)
    {
        var json = (JsonObject)JsonNode.Parse(pod)!;
        Assert.Equal(ready, ComputedColumns.Compute("pod-ready", json, DateTimeOffset.UnixEpoch).AsText());
        Assert.Equal(status, ComputedColumns.Compute("pod-status", json, DateTimeOffset.UnixEpoch).AsText());
        Assert.Equal(restarts, ComputedColumns.Compute("pod-restarts", json, DateTimeOffset.UnixEpoch).AsText());
    }
}
