using System.Net;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Http;

public sealed class ObjectTests
{
    [Fact]
    public async Task A_created_object_has_uid_generation_version_time_and_defaults()
    {
        await using var server = await StartAsync();
        var created = await server.PostAsync(Widgets, Widget("a"));
        Assert.Equal(HttpStatusCode.Created, created.Code);
        Assert.Equal("3", created.Text("spec", "size"));
        Assert.Equal("1", created.Text("metadata", "generation"));
        Assert.True(Guid.TryParse(created.Text("metadata", "uid"), out _));
        var again = await server.PostAsync(Widgets, Widget("a"));
        Assert.Equal(HttpStatusCode.Conflict, again.Code);
        Assert.Equal("AlreadyExists", again.Text("reason"));
        Assert.Equal("widgets.test.example.com \"a\" already exists", again.Text("message"));
    }

    [Fact]
    public async Task A_generated_name_is_completed()
    {
        await using var server = await StartAsync();
        var created = await server.PostAsync(Widgets, """{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"generateName":"gen-"},"spec":{"color":"red"}}""");
        Assert.Equal(HttpStatusCode.Created, created.Code);
        Assert.Matches("^gen-[a-z0-9]{5}$", created.Text("metadata", "name")!);
    }

    [Fact]
    public async Task An_update_needs_the_current_version()
    {
        await using var server = await StartAsync();
        var created = await server.PostAsync(Widgets, Widget("a"));
        var without = await server.PutAsync(Widgets + "/a", Widget("a"));
        Assert.Equal(422, (int)without.Code);
        Assert.Contains("metadata.resourceVersion: Invalid value: 0x0: must be specified for an update", without.Text("message"), StringComparison.Ordinal);

        var body = created.Body;
        body["spec"]!["color"] = "blue";
        var updated = await server.PutAsync(Widgets + "/a", body.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, updated.Code);
        Assert.Equal("2", updated.Text("metadata", "generation"));
        var stale = await server.PutAsync(Widgets + "/a", body.ToJsonString());
        Assert.Equal(HttpStatusCode.Conflict, stale.Code);
        Assert.Equal("Operation cannot be fulfilled on widgets.test.example.com \"a\": the object has been modified; please apply your changes to the latest version and try again", stale.Text("message"));
    }

    [Fact]
    public async Task A_write_that_changes_nothing_keeps_the_version()
    {
        await using var server = await StartAsync();
        var created = await server.PostAsync(Widgets, Widget("a"));
        var same = await server.PutAsync(Widgets + "/a", created.Body.ToJsonString());
        Assert.Equal(created.Text("metadata", "resourceVersion"), same.Text("metadata", "resourceVersion"));
        var patched = await server.PatchAsync(Widgets + "/a", """{"spec":{"color":"red"}}""");
        Assert.Equal(created.Text("metadata", "resourceVersion"), patched.Text("metadata", "resourceVersion"));
    }

    [Fact]
    public async Task Status_and_the_rest_are_written_apart()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a", """{"color":"red"}""").Replace("\"spec\":", "\"status\":{\"phase\":\"ignored\"},\"spec\":", StringComparison.Ordinal));
        var main = await server.PatchAsync(Widgets + "/a", """{"spec":{"color":"blue"},"status":{"phase":"ignored"}}""");
        Assert.Null(main.Text("status"));
        var status = await server.PatchAsync(Widgets + "/a/status", """{"metadata":{"labels":{"x":"y"}},"spec":{"color":"green"},"status":{"phase":"Up"}}""");
        Assert.Equal("Up", status.Text("status", "phase"));
        Assert.Equal("blue", status.Text("spec", "color"));
        Assert.Null(status.Text("metadata", "labels"));
        Assert.Equal("2", status.Text("metadata", "generation"));
    }

    [Fact]
    public async Task A_namespace_must_exist()
    {
        await using var server = await StartAsync();
        var answer = await server.PostAsync(Widgets.Replace("default", "nowhere", StringComparison.Ordinal), Widget("a"));
        Assert.Equal(HttpStatusCode.NotFound, answer.Code);
        Assert.Equal("namespaces \"nowhere\" not found", answer.Text("message"));
    }

    [Fact]
    public async Task Invalid_fields_are_named_all_at_once()
    {
        await using var server = await StartAsync();
        var answer = await server.PostAsync(Widgets, Widget("a", """{"color":"pink","size":99,"name":"toolong","ipv4":{"cidr":"10.0.0.0/33"},"tags":["a","a"],"port":true,"parts":[{"name":"x"},{"name":"x"},{}]}"""));
        Assert.Equal(422, (int)answer.Code);
        Assert.Equal("Invalid", answer.Text("reason"));
        var fields = answer.Body["details"]!["causes"]!.AsArray().Select(c => $"{c!["field"]}: {c["reason"]}").Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "spec.color: FieldValueNotSupported",
                "spec.ipv4.cidr: FieldValueInvalid",
                "spec.name: FieldValueTooLong",
                "spec.parts[1]: FieldValueDuplicate",
                "spec.parts[2].name: FieldValueRequired",
                "spec.port: FieldValueTypeInvalid",
                "spec.size: FieldValueInvalid",
                "spec.tags[1]: FieldValueDuplicate",
            ],
            fields);
        Assert.Contains("spec.ipv4.cidr: Invalid value: \"10.0.0.0/33\": ", answer.Text("message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Strict", 400, null)]
    [InlineData("Warn", 201, "unknown field")]
    [InlineData("Ignore", 201, null)]
    public async Task Unknown_fields_are_refused_warned_of_or_dropped(string validation, int code, string? warning)
    {
        await using var server = await StartAsync();
        var answer = await server.PostAsync($"{Widgets}?fieldValidation={validation}", Widget("a", """{"color":"red","colour":"x","free":{"any":1}}"""));
        Assert.Equal(code, (int)answer.Code);
        Assert.Equal(warning is not null, answer.Response.Headers.TryGetValues("Warning", out var warnings) && warnings.Any(w => w.Contains("unknown field \\\"spec.colour\\\"", StringComparison.Ordinal)));
        if (code == 201) Assert.Null(answer.Text("spec", "colour"));
        if (code == 201) Assert.Equal("1", answer.Text("spec", "free", "any"));
        if (code == 400) Assert.Contains("strict decoding error: unknown field \"spec.colour\"", answer.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_answers_but_stores_nothing()
    {
        await using var server = await StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Widgets + "?dryRun=All", Widget("a"))).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(Widgets + "/a")).Code);
    }

    [Fact]
    public async Task Yaml_is_read_too()
    {
        await using var server = await StartAsync();
        var created = await server.PostAsync(Widgets, "apiVersion: test.example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {color: red}\n", "application/yaml");
        Assert.Equal(HttpStatusCode.Created, created.Code);
    }

    [Theory]
    [InlineData("{", "application/json", 400)]
    [InlineData("[]", "application/json", 400)]
    [InlineData("null", "application/json", 400)]
    [InlineData("", "application/json", 400)]
    [InlineData("{\"a\":1,\"a\":2}", "application/json", 400)]
    [InlineData("{\"metadata\":3}", "application/json", 400)]
    [InlineData("{\"metadata\":{\"name\":\"\\ud800\"}}", "application/json", 400)]
    [InlineData("a: [", "application/yaml", 400)]
    [InlineData("a: &a [*a]", "application/yaml", 400)]
    [InlineData("k8s", "application/vnd.kubernetes.protobuf", 400)]
    [InlineData("x", "text/html", 415)]
    public async Task Malformed_bodies_get_a_status(string body, string contentType, int code)
    {
        await using var server = await StartAsync();
        var answer = await server.PostAsync(Widgets, body, contentType);
        Assert.Equal(code, (int)answer.Code);
        Assert.Equal("Status", answer.Text("kind"));
        Assert.Equal("Failure", answer.Text("status"));
    }

    [Fact]
    public async Task Bodies_that_are_too_deep_or_too_large_are_refused()
    {
        await using var server = await StartAsync();
        var deep = new string('[', 2000) + new string(']', 2000);
        Assert.Equal(400, (int)(await server.PostAsync(Widgets, $$"""{"spec":{{deep}}}""")).Code);
        Assert.Equal(413, (int)(await server.PostAsync(Widgets, Widget("a", $$"""{"color":"{{new string('x', 4 << 20)}}"}"""))).Code);
    }

    [Fact]
    public async Task Patches_of_each_kind_are_applied()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a"));
        Assert.Equal("5", (await server.PatchAsync(Widgets + "/a", """[{"op":"test","path":"/spec/size","value":3},{"op":"replace","path":"/spec/size","value":5}]""", "application/json-patch+json")).Text("spec", "size"));
        Assert.Equal(422, (int)(await server.PatchAsync(Widgets + "/a", """[{"op":"test","path":"/spec/size","value":3}]""", "application/json-patch+json")).Code);
        var strategic = await server.PatchAsync(Widgets + "/a", "{}", "application/strategic-merge-patch+json");
        Assert.Equal(415, (int)strategic.Code);
        Assert.Contains("application/merge-patch+json", strategic.Text("message"), StringComparison.Ordinal);
        var stale = await server.PatchAsync(Widgets + "/a", """{"metadata":{"resourceVersion":"1"},"spec":{"size":6}}""");
        Assert.Equal(409, (int)stale.Code);
    }

    [Fact]
    public async Task Pods_merge_their_containers_by_name()
    {
        await using var server = await StartAsync();
        const string Pods = "/api/v1/namespaces/default/pods";
        await server.PostAsync(Pods, """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"i1","env":[{"name":"X","value":"1"}]},{"name":"b","image":"i2"}]}}""");
        var patched = await server.PatchAsync(Pods + "/p", """{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":"i3","env":[{"name":"X","$patch":"delete"},{"name":"Y","value":"2"}]}]}}""", "application/strategic-merge-patch+json");
        Assert.Equal(HttpStatusCode.OK, patched.Code);
        Assert.Equal("b", patched.Text("spec", "containers", "0", "name"));
        Assert.Equal("i3", patched.Text("spec", "containers", "1", "image"));
        Assert.Equal("""[{"name":"Y","value":"2"}]""", patched.Body["spec"]!["containers"]![1]!["env"]!.ToJsonString());
    }

    [Fact]
    public async Task Many_writers_of_one_object_lose_nothing()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a", """{"color":"red","labels":{}}"""));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => server.PatchAsync(Widgets + "/a", "{\"spec\":{\"labels\":{\"k" + i + "\":\"v\"}}}")));
        var read = await server.GetAsync(Widgets + "/a");
        Assert.Equal(100, read.Body["spec"]!["labels"]!.AsObject().Count);
        Assert.Equal("101", read.Text("metadata", "generation"));
    }

    [Fact]
    public async Task Objects_and_tokens_survive_a_restart()
    {
        using var folder = new TemporaryFolder();
        string version;
        string kubeconfig;
        await using (var first = await StartAsync(folder))
        {
            version = (await first.PostAsync(Widgets, Widget("a"))).Text("metadata", "resourceVersion")!;
            kubeconfig = await File.ReadAllTextAsync(first.Host.AdminKubeconfigPath, TestContext.Current.CancellationToken);
        }

        await using var second = await StartAsync(folder);
        Assert.Equal(version, (await second.GetAsync(Widgets + "/a")).Text("metadata", "resourceVersion"));
        Assert.Equal(Authentication.Kubeconfig.ReadToken(second.Host.AdminKubeconfigPath), TokenIn(kubeconfig));
        Assert.True(long.Parse((await second.PostAsync(Widgets, Widget("b"))).Text("metadata", "resourceVersion")!) > long.Parse(version));
    }

    private static string TokenIn(string kubeconfig)
        => Fabric.ApiServer.Yaml.YamlReader.ReadOne(kubeconfig)["users"]![0]!["user"]!["token"]!.GetValue<string>();
}
