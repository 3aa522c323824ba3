using System.Net;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Http;

public sealed class ServerSideApplyTests
{
    private const string Path = Widgets + "/a";

    [Fact]
    public async Task Applying_creates_then_changes_nothing_then_removes_what_is_no_longer_named()
    {
        await using var server = await StartAsync();
        const string Both = """{"color":"red","size":5,"ipv4":{"cidr":"10.0.0.0/8"},"labels":{"x":"1","y":"2"},"parts":[{"name":"p","count":2},{"name":"q"}],"tags":["s","t"]}""";
        var created = await Apply(server, "me", Both);
        Assert.Equal(HttpStatusCode.Created, created.Code);
        var again = await Apply(server, "me", Both);
        Assert.Equal(created.Text("metadata", "resourceVersion"), again.Text("metadata", "resourceVersion"));
        var less = await Apply(server, "me", """{"color":"red","labels":{"y":"2"},"parts":[{"name":"q"}],"tags":["t"]}""");
        Assert.Equal("3", less.Text("spec", "size"));
        Assert.Null(less.Body["spec"]!["ipv4"]);
        Assert.Equal("""{"y":"2"}""", less.Body["spec"]!["labels"]!.ToJsonString());
        Assert.Equal("""[{"name":"q","count":1}]""", less.Body["spec"]!["parts"]!.ToJsonString());
        Assert.Equal("""["t"]""", less.Body["spec"]!["tags"]!.ToJsonString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task What_is_put_where_there_was_nothing_stays(string nothing)
    {
        await using var server = await StartAsync();
        await Apply(server, "me", $$"""{"color":"red","labels":{{nothing}}}""");
        Assert.Equal("1", (await Apply(server, "me", """{"color":"red","labels":{"x":"1"}}""")).Text("spec", "labels", "x"));
        Assert.Null((await Apply(server, "me", """{"color":"red"}""")).Body["spec"]!["labels"]);
    }

    [Fact]
    public async Task What_another_set_differently_is_a_conflict_unless_forced()
    {
        await using var server = await StartAsync();
        await Apply(server, "one", """{"color":"red","size":5,"parts":[{"name":"p","count":2}]}""");
        var conflict = await Apply(server, "two", """{"color":"red","size":6,"parts":[{"name":"p","count":3}]}""");
        Assert.Equal(HttpStatusCode.Conflict, conflict.Code);
        Assert.StartsWith("Apply failed with 2 conflicts: conflict with \"one\": .spec.parts[name=\"p\"].count, conflict with \"one\": .spec.size", conflict.Text("message"), StringComparison.Ordinal);
        Assert.Equal("FieldManagerConflict", conflict.Text("details", "causes", "0", "reason"));

        // The same value is shared, not fought over.
        Assert.Equal(HttpStatusCode.OK, (await Apply(server, "two", """{"color":"red"}""")).Code);
        var forced = await Apply(server, "two", """{"color":"red","size":6}""", "&force=true");
        Assert.Equal("6", forced.Text("spec", "size"));

        // Now two owns the size: one leaves it out and it stays.
        Assert.Equal("6", (await Apply(server, "one", """{"color":"red","parts":[{"name":"p","count":2}]}""")).Text("spec", "size"));
        Assert.Equal("3", (await Apply(server, "two", """{"color":"red"}""")).Text("spec", "size"));
    }

    [Fact]
    public async Task An_update_takes_over_the_fields_it_changes()
    {
        await using var server = await StartAsync();
        await Apply(server, "one", """{"color":"red","size":5}""");
        await server.PatchAsync(Path + "?fieldManager=editor", """{"spec":{"size":7}}""");
        var conflict = await Apply(server, "one", """{"color":"red","size":5}""");
        Assert.Equal("Apply failed with 1 conflict: conflict with \"editor\": .spec.size", conflict.Text("message"));
        Assert.Equal("7", (await Apply(server, "one", """{"color":"red"}""")).Text("spec", "size"));
    }

    [Fact]
    public async Task What_was_there_before_the_first_apply_is_in_conflict()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a", """{"color":"blue"}"""));
        Assert.Contains("conflict with \"before-first-apply\": .spec.color", (await Apply(server, "one", """{"color":"red"}""")).Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_is_applied_apart()
    {
        await using var server = await StartAsync();
        await Apply(server, "one", """{"color":"red"}""");
        var status = await server.PatchAsync(Path + "/status?fieldManager=agent", """{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"a"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}""", "application/apply-patch+yaml");
        Assert.Equal("True", status.Text("status", "conditions", "0", "status"));
        Assert.Equal("status", status.Text("metadata", "managedFields", "1", "subresource"));
        Assert.Equal(200, (int)(await Apply(server, "one", """{"color":"blue"}""")).Code);
        Assert.Equal("True", (await server.GetAsync(Path)).Text("status", "conditions", "0", "status"));
    }

    private static Task<Answer> Apply(TestServer server, string manager, string spec, string query = "")
        => server.PatchAsync($"{Path}?fieldManager={manager}{query}", Widget("a", spec), "application/apply-patch+yaml");
}
