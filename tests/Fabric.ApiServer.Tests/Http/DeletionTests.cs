using System.Net;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Http;

public sealed class DeletionTests
{
    private const string Pods = "/api/v1/namespaces/default/pods";

    [Fact]
    public async Task Deletion_checks_its_preconditions()
    {
        await using var server = await StartAsync();
        var created = await server.PostAsync(Widgets, Widget("a"));
        Assert.Equal(409, (int)(await server.DeleteAsync(Widgets + "/a", """{"preconditions":{"uid":"other"}}""")).Code);
        Assert.Equal(409, (int)(await server.DeleteAsync(Widgets + "/a", """{"preconditions":{"resourceVersion":"1"}}""")).Code);
        var deleted = await server.DeleteAsync(Widgets + "/a", "{\"preconditions\":{\"uid\":\"" + created.Text("metadata", "uid") + "\"}}");
        Assert.Equal("Success", deleted.Text("status"));
        Assert.Equal(created.Text("metadata", "uid"), deleted.Text("details", "uid"));
        Assert.Equal(404, (int)(await server.DeleteAsync(Widgets + "/a")).Code);
    }

    [Fact]
    public async Task An_object_with_finalizers_waits_and_gets_no_new_ones()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a", metadata: ""","finalizers":["test.example.com/x"]"""));
        var marked = await server.DeleteAsync(Widgets + "/a");
        Assert.NotNull(marked.Text("metadata", "deletionTimestamp"));
        var more = await server.PatchAsync(Widgets + "/a", """{"metadata":{"finalizers":["test.example.com/x","test.example.com/y"]}}""");
        Assert.Equal(422, (int)more.Code);
        Assert.Contains("no new finalizers can be added if the object is being deleted", more.Text("message"), StringComparison.Ordinal);
        Assert.Equal(200, (int)(await server.PatchAsync(Widgets + "/a", """{"metadata":{"finalizers":null}}""")).Code);
        Assert.Equal(404, (int)(await server.GetAsync(Widgets + "/a")).Code);
    }

    [Fact]
    public async Task A_running_pod_waits_for_its_node()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Pods, """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"nodeName":"n","containers":[{"name":"a"}]}}""");
        var marked = await server.DeleteAsync(Pods + "/p");
        Assert.Equal("30", marked.Text("metadata", "deletionGracePeriodSeconds"));
        var shorter = await server.DeleteAsync(Pods + "/p", """{"gracePeriodSeconds":5}""");
        Assert.Equal("5", shorter.Text("metadata", "deletionGracePeriodSeconds"));
        Assert.Equal(200, (int)(await server.GetAsync(Pods + "/p")).Code);
        await server.DeleteAsync(Pods + "/p", """{"gracePeriodSeconds":0}""");
        Assert.Equal(404, (int)(await server.GetAsync(Pods + "/p")).Code);
    }

    [Theory]
    [InlineData("""{"nodeName":"","containers":[{"name":"a"}]}""", null)]
    [InlineData("""{"nodeName":"n","containers":[{"name":"a"}]}""", "Succeeded")]
    public async Task A_pod_with_nothing_to_stop_is_gone_at_once(string spec, string? phase)
    {
        await using var server = await StartAsync();
        await server.PostAsync(Pods, """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":""" + spec + "}");
        if (phase is not null) await server.PatchAsync(Pods + "/p/status", "{\"status\":{\"phase\":\"" + phase + "\"}}");
        await server.DeleteAsync(Pods + "/p");
        Assert.Equal(404, (int)(await server.GetAsync(Pods + "/p")).Code);
    }

    [Fact]
    public async Task A_collection_is_deleted_by_selector()
    {
        await using var server = await StartAsync();
        foreach (var (name, color) in new[] { ("a", "red"), ("b", "blue"), ("c", "red") })
            await server.PostAsync(Widgets, Widget(name, $$"""{"color":"{{color}}"}"""));
        var deleted = await server.DeleteAsync(Widgets + "?fieldSelector=spec.color%3Dred");
        Assert.Equal(2, deleted.Body["items"]!.AsArray().Count);
        Assert.Equal("b", (await server.GetAsync(Widgets)).Text("items", "0", "metadata", "name"));
    }

    [Fact]
    public async Task Dependents_go_with_their_last_owner()
    {
        await using var server = await StartAsync();
        var one = await Owner(server, "one");
        var two = await Owner(server, "two");
        await server.PostAsync(Widgets, Widget("both", metadata: Owners(("one", one), ("two", two))));
        await server.PostAsync(Widgets, Widget("only", metadata: Owners(("one", one))));
        var only = (await server.GetAsync(Widgets + "/only")).Text("metadata", "uid")!;
        await server.PostAsync(Widgets, Widget("grandchild", metadata: Owners(("only", only)).Replace("Block", "Widget", StringComparison.Ordinal)));
        await server.DeleteAsync(Blocks + "/one");
        await server.EventuallyAsync(Widgets + "/only", a => a.Code == HttpStatusCode.NotFound);
        await server.EventuallyAsync(Widgets + "/grandchild", a => a.Code == HttpStatusCode.NotFound);
        await server.EventuallyAsync(Widgets + "/both", a => a.Body["metadata"]!["ownerReferences"]!.AsArray().Count == 1);
        await server.DeleteAsync(Blocks + "/two");
        await server.EventuallyAsync(Widgets + "/both", a => a.Code == HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_object_whose_owner_never_was_is_collected_unless_the_kind_is_foreign()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("foreign", metadata: Owners(("x", Guid.NewGuid().ToString())).Replace("Block", "Deployment", StringComparison.Ordinal)));
        await server.PostAsync(Widgets, Widget("orphan", metadata: Owners(("x", Guid.NewGuid().ToString()))));
        await server.EventuallyAsync(Widgets + "/orphan", a => a.Code == HttpStatusCode.NotFound);
        Assert.Equal(200, (int)(await server.GetAsync(Widgets + "/foreign")).Code);
    }

    [Fact]
    public async Task Orphaned_dependents_stay_without_the_reference()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("kept", metadata: Owners(("one", await Owner(server, "one")))));
        await server.DeleteAsync(Blocks + "/one?propagationPolicy=Orphan");
        var kept = await server.GetAsync(Widgets + "/kept");
        Assert.Equal(HttpStatusCode.OK, kept.Code);
        Assert.Null(kept.Text("metadata", "ownerReferences"));
    }

    [Fact]
    public async Task In_foreground_the_owner_goes_last()
    {
        await using var server = await StartAsync();
        var uid = await Owner(server, "one");
        await server.PostAsync(Widgets, Widget("held", metadata: ""","finalizers":["test.example.com/x"]""" + Owners(("one", uid)).Replace("}]", ",\"blockOwnerDeletion\":true}]", StringComparison.Ordinal)));
        var marked = await server.DeleteAsync(Blocks + "/one", """{"propagationPolicy":"Foreground"}""");
        Assert.Equal("foregroundDeletion", marked.Text("metadata", "finalizers", "0"));
        await server.EventuallyAsync(Widgets + "/held", a => a.Text("metadata", "deletionTimestamp") is not null);
        Assert.Equal(200, (int)(await server.GetAsync(Blocks + "/one")).Code);
        // Deleted in the foreground itself, it carries that finalizer too until its own dependents are gone.
        await server.PatchAsync(Widgets + "/held", """{"metadata":{"finalizers":null}}""");
        await server.EventuallyAsync(Widgets + "/held", a => a.Code == HttpStatusCode.NotFound);
        await server.EventuallyAsync(Blocks + "/one", a => a.Code == HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_was_left_undone_is_done_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await StartAsync(folder))
        {
            await first.PostAsync("/api/v1/namespaces", """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"going"}}""");
            await first.PostAsync(Widgets.Replace("default", "going", StringComparison.Ordinal), Widget("a", metadata: ""","finalizers":["test.example.com/x"]"""));
            await first.DeleteAsync("/api/v1/namespaces/going");
        }

        await using var second = await StartAsync(folder);
        await second.EventuallyAsync("/apis/test.example.com/v1/namespaces/going/widgets/a", a => a.Text("metadata", "deletionTimestamp") is not null);
        await second.PatchAsync("/apis/test.example.com/v1/namespaces/going/widgets/a", """{"metadata":{"finalizers":null}}""");
        await second.EventuallyAsync("/api/v1/namespaces/going", a => a.Code == HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_namespace_takes_its_contents_along_and_refuses_new_ones()
    {
        await using var server = await StartAsync();
        var inside = Widgets.Replace("default", "going", StringComparison.Ordinal);
        await server.PostAsync("/api/v1/namespaces", """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"going"}}""");
        for (var i = 0; i < 450; i++)
            await server.PostAsync(inside, Widget("w" + i));
        await server.PostAsync(inside, Widget("held", metadata: ""","finalizers":["test.example.com/x"]"""));
        var marked = await server.DeleteAsync("/api/v1/namespaces/going");
        Assert.Equal("Terminating", marked.Text("status", "phase"));
        var late = await server.PostAsync(inside, Widget("late"));
        Assert.Equal(403, (int)late.Code);
        Assert.Contains("because it is being terminated", late.Text("message"), StringComparison.Ordinal);
        await server.EventuallyAsync(inside, a => a.Body["items"]!.AsArray().Count == 1);
        await server.PatchAsync(inside + "/held", """{"metadata":{"finalizers":[]}}""");
        await server.EventuallyAsync("/api/v1/namespaces/going", a => a.Code == HttpStatusCode.NotFound);
        Assert.Equal(403, (int)(await server.DeleteAsync("/api/v1/namespaces/default")).Code);
    }

    private static async Task<string> Owner(TestServer server, string name) => (await server.PostAsync(Blocks, Block(name, 1, 2))).Text("metadata", "uid")!;

    private static string Owners(params (string Name, string Uid)[] owners)
        => ",\"ownerReferences\":[" + string.Join(',', owners.Select(o => "{\"apiVersion\":\"test.example.com/v1\",\"kind\":\"Block\",\"name\":\"" + o.Name + "\",\"uid\":\"" + o.Uid + "\"}")) + "]";
}
