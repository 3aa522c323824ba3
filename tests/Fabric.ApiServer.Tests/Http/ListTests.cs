using System.Net;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Http;

public sealed class ListTests
{
    [Fact]
    public async Task Pages_show_one_moment_whatever_is_written_between_them()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 25; i++)
            await server.PostAsync(Widgets, Widget($"w{i:00}"));
        var page = await server.GetAsync(Widgets + "?limit=10");
        var version = page.Text("metadata", "resourceVersion");
        var names = Names(page);
        await server.DeleteAsync(Widgets + "/w15");
        await server.PatchAsync(Widgets + "/w20", """{"spec":{"size":9}}""");
        await server.PostAsync(Widgets, Widget("w16a"));
        await server.DeleteAsync(Widgets + "/w24");
        await server.PostAsync(Widgets, Widget("w24"));
        while (page.Text("metadata", "continue") is { } next)
        {
            page = await server.GetAsync($"{Widgets}?limit=10&continue={next}");
            Assert.Equal(version, page.Text("metadata", "resourceVersion"));
            foreach (var item in page.Body["items"]!.AsArray())
                Assert.Equal("3", item!["spec"]!["size"]!.ToString());
            names.AddRange(Names(page));
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"w{i:00}"), names);
    }

    [Fact]
    public async Task A_page_whose_moment_is_forgotten_is_gone()
    {
        await using var server = await StartAsync(history: 5);
        for (var i = 0; i < 5; i++)
            await server.PostAsync(Widgets, Widget("w" + i));
        var next = (await server.GetAsync(Widgets + "?limit=2")).Text("metadata", "continue");
        for (var i = 5; i < 15; i++)
            await server.PostAsync(Widgets, Widget("w" + i));
        var expired = await server.GetAsync($"{Widgets}?limit=2&continue={next}");
        Assert.Equal(HttpStatusCode.Gone, expired.Code);
        Assert.Equal("Expired", expired.Text("reason"));
    }

    [Theory]
    [InlineData("continue=nonsense", 400)]
    [InlineData("continue=e30", 400)]
    [InlineData("limit=x", 400)]
    [InlineData("limit=-1", 400)]
    [InlineData("labelSelector=a%20in%20(", 400)]
    [InlineData("fieldSelector=spec.size%3D3", 400)]
    [InlineData("resourceVersion=x", 400)]
    [InlineData("resourceVersion=999999", 504)]
    [InlineData("resourceVersion=0", 200)]
    [InlineData("resourceVersionMatch=Other", 400)]
    public async Task List_options_are_checked(string query, int code)
    {
        await using var server = await StartAsync();
        var answer = await server.GetAsync($"{Widgets}?{query}");
        Assert.Equal(code, (int)answer.Code);
    }

    [Fact]
    public async Task Selectors_select_across_namespaces()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a", metadata: ""","labels":{"team":"x"}"""));
        await server.PostAsync(Widgets.Replace("default", "kube-system", StringComparison.Ordinal), Widget("b", """{"color":"blue"}""", ""","labels":{"team":"y"}"""));
        const string All = "/apis/test.example.com/v1/widgets";
        Assert.Equal(["a", "b"], Names(await server.GetAsync(All)));
        Assert.Equal(["a"], Names(await server.GetAsync(All + "?labelSelector=team%20in%20(x,z)")));
        Assert.Equal(["b"], Names(await server.GetAsync(All + "?fieldSelector=spec.color!%3Dred")));
        Assert.Equal(["a", "b"], Names(await server.GetAsync(All + "?fieldSelector=status.phase%3D")));
        var schema = (await server.GetAsync("/openapi/v3/apis/test.example.com/v1")).Body["components"]!["schemas"]!["com.example.test.v1.Widget"]!;
        Assert.Equal(["spec.color", "status.phase"], schema["x-kubernetes-selectable-fields"]!.AsArray().Select(f => f!["fieldPath"]!.GetValue<string>()));
        Assert.Equal(["b"], Names(await server.GetAsync(All + "?fieldSelector=metadata.namespace%3Dkube-system")));
    }

    [Fact]
    public async Task Lists_by_a_field_hold_what_a_list_of_all_held_at_their_version_whatever_is_written()
    {
        await using var server = await StartAsync(history: 100_000);
        using var stop = new CancellationTokenSource();
        string[] phases = ["", "A", "B"];
        var writers = Enumerable.Range(0, 3).Select(async writer =>
        {
            var random = new Random(writer);
            while (!stop.IsCancellationRequested)
            {
                var name = $"w{random.Next(30)}";
                var phase = phases[random.Next(phases.Length)];
                switch (random.Next(4))
                {
                    case 0:
                        await server.DeleteAsync($"{Widgets}/{name}");
                        break;
                    case 1:
                        await server.PostAsync(Widgets, Widget(name));
                        break;
                    default:
                        await server.PatchAsync($"{Widgets}/{name}/status", "{\"status\":{\"phase\":\"" + phase + "\"}}");
                        break;
                }
            }
        }).ToList();
        for (var round = 0; round < 60; round++)
        {
            var all = await server.GetAsync(Widgets);
            var phase = phases[round % phases.Length];
            var expected = all.Body["items"]!.AsArray().Where(w => (w!["status"]?["phase"]?.GetValue<string>() ?? "") == phase).Select(w => w!.ToJsonString());
            var path = $"{Widgets}?fieldSelector=status.phase%3D{phase}&resourceVersion={all.Text("metadata", "resourceVersion")}&resourceVersionMatch=Exact&limit=3";
            var items = new List<string>();
            for (var page = await server.GetAsync(path); ; page = await server.GetAsync($"{Widgets}?fieldSelector=status.phase%3D{phase}&limit=3&continue={page.Text("metadata", "continue")}"))
            {
                items.AddRange(page.Body["items"]!.AsArray().Select(w => w!.ToJsonString()));
                if (page.Text("metadata", "continue") is null) break;
            }

            Assert.Equal(expected, items);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
    }

    [Theory]
    [InlineData("metadata.name%3Da", "default/a")]
    [InlineData("metadata.name%3Da,status.phase%3DX", "")]
    [InlineData("metadata.name%3Db", "")]
    [InlineData("metadata.namespace%3Ddefault,spec.color%3Dred", "default/a")]
    [InlineData("spec.color%3Dblue,metadata.namespace%3Ddefault", "")]
    public async Task A_name_or_a_field_in_a_namespace_is_found(string selector, string found)
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a"));
        await server.PostAsync(Widgets.Replace("default", "kube-system", StringComparison.Ordinal), Widget("b", """{"color":"blue"}"""));
        var list = await server.GetAsync($"{Widgets}?fieldSelector={selector}");
        Assert.Equal(found, string.Join(' ', list.Body["items"]!.AsArray().Select(i => $"{i!["metadata"]!["namespace"]}/{i["metadata"]!["name"]}")));
    }

    [Fact]
    public async Task A_table_has_the_definitions_columns()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a"));
        await server.PatchAsync(Widgets + "/a/status", """{"status":{"conditions":[{"type":"Other","status":"False"},{"type":"Ready","status":"True"}]}}""");
        var table = await server.GetAsync(Widgets, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        Assert.Equal(["Name", "Color", "Size", "Ready", "Cidr", "Age"], table.Body["columnDefinitions"]!.AsArray().Select(c => c!["name"]!.GetValue<string>()));
        var cells = table.Body["rows"]![0]!["cells"]!.AsArray();
        Assert.Equal("""["a","red",3,"True",null""", cells.ToJsonString()[..24]);
        Assert.Equal("PartialObjectMetadata", table.Text("rows", "0", "object", "kind"));
    }

    [Fact]
    public async Task Only_metadata_is_sent_when_asked_for()
    {
        await using var server = await StartAsync();
        await server.PostAsync(Widgets, Widget("a"));
        var list = await server.GetAsync(Widgets, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
        Assert.Equal("PartialObjectMetadataList", list.Text("kind"));
        Assert.Null(list.Text("items", "0", "spec"));
    }

    private static List<string> Names(Answer list) => [.. list.Body["items"]!.AsArray().Select(i => i!["metadata"]!["name"]!.GetValue<string>())];
}
