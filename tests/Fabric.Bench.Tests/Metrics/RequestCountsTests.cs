using Fabric.Bench.Metrics;

namespace Fabric.Bench.Tests.Metrics;

public class RequestCountsTests
{
    private const string Text = """
        # HELP apiserver_request_total Requests answered.
        # TYPE apiserver_request_total counter
        apiserver_request_total{code="200",group="fabric.vmnet.io",resource="nics",subresource="status",verb="PUT",version="v1alpha1"} 7
        apiserver_request_total{code="409",group="fabric.vmnet.io",resource="nics",subresource="status",verb="PUT",version="v1alpha1"} 2
        apiserver_request_total{code="200",group="",resource="pods",subresource="",verb="GET",version="v1"} 5
        process_cpu_seconds_total 12

        """;

    [Fact]
    public void Requests_are_summed_over_codes_by_verb_and_resource()
    {
        var counts = RequestCounts.Parse(Text);
        Assert.Equal([new("put_nics_status", 9), new("get_pods", 5)], counts.ByKind);
        Assert.Equal(14, counts.Total);
    }

    [Fact]
    public void Since_an_earlier_count_only_what_came_after_counts()
    {
        var before = RequestCounts.Parse(Text);
        var after = RequestCounts.Parse(Text + """apiserver_request_total{code="201",group="",resource="pods",subresource="",verb="POST",version="v1"} 3""" + "\n");
        Assert.Equal([new("post_pods", 3)], after.Since(before).ByKind);
    }
}
