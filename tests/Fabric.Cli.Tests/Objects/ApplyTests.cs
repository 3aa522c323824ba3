using Fabric.Cli.Tests.Testing;

namespace Fabric.Cli.Tests.Objects;

public sealed class ApplyTests(CliServer server) : IClassFixture<CliServer>
{
    private static string Subnet(string name, string cidr, string more = "") =>
        $"apiVersion: fabric.vmnet.io/v1alpha1\nkind: Subnet\nmetadata:\n  name: {name}\nspec:\n  ipv4:\n    cidr: {cidr}\n{more}";

    [Fact]
    public async Task Objects_are_created_left_alone_and_changed()
    {
        var manifest = Subnet("a", "10.1.0.0/24");
        Assert.Equal("subnet.fabric.vmnet.io/a created\n", (await server.OkAsync("apply -f -", manifest)).Output);
        Assert.Equal("subnet.fabric.vmnet.io/a unchanged\n", (await server.OkAsync("apply -f -", manifest)).Output);
        Assert.Equal("subnet.fabric.vmnet.io/a configured\n", (await server.OkAsync("apply -f -", manifest + "  mtu: 1400\n")).Output);
        Assert.Equal("subnet.fabric.vmnet.io/a configured\n", (await server.OkAsync("apply -f -", manifest)).Output);
        Assert.DoesNotContain("mtu", (await server.OkAsync("get subnet a -o yaml")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_happen_and_stores_nothing()
    {
        var manifest = Subnet("dry", "10.1.0.0/24");
        Assert.Equal("subnet.fabric.vmnet.io/dry created (server dry run)\n", (await server.OkAsync("apply --dry-run=server -f -", manifest)).Output);
        Assert.Equal(1, (await server.RunAsync("get subnet dry")).Code);
        await server.OkAsync("apply -f -", manifest);
        Assert.Equal("subnet.fabric.vmnet.io/dry configured (server dry run)\n", (await server.OkAsync("apply --dry-run=server -f -", manifest + "  mtu: 1400\n")).Output);
        Assert.Equal("subnet.fabric.vmnet.io/dry unchanged (server dry run)\n", (await server.OkAsync("apply --dry-run=server -f -", manifest)).Output);
    }

    [Fact]
    public async Task One_bad_document_of_many_does_not_stop_the_others()
    {
        var file = server.File("many.yaml", string.Join("---\n",
            "# only a comment\n", Subnet("m1", "10.1.0.0/24"), Subnet("m2", "10.2.0.0/24", "  mtu: 3\n"), "a: [\n", Subnet("m3", "10.3.0.0/24"), "just text\n",
            "kind: Subnett\napiVersion: fabric.vmnet.io/v1alpha1\nmetadata: {name: x}\n", "kind: Subnet\napiVersion: fabric.vmnet.io/v1alpha1\nmetadata: {}\n"));
        var ran = await server.RunAsync($"apply -f {file}");
        Assert.Equal(1, ran.Code);
        Assert.Equal(["subnet.fabric.vmnet.io/m1 created", "subnet.fabric.vmnet.io/m3 created"], ran.Lines);
        var errors = ran.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, errors.Length);
        Assert.Equal(
            $"Error from server (Invalid): {file}, line 10: subnet.fabric.vmnet.io/m2: Subnet.fabric.vmnet.io \"m2\" is invalid: spec.mtu: Invalid value: 3: spec.mtu in body should be greater than or equal to 576",
            errors[0]);
        Assert.Matches($"error: {file}, line 19: yaml: line 2[01]: ", errors[1]);
        Assert.Equal($"error: {file}, line 29: an object is expected, with apiVersion, kind and metadata, not a single value", errors[2]);
        Assert.Equal($"error: {file}, line 31: no matches for kind \"Subnett\" in version \"fabric.vmnet.io/v1alpha1\"; did you mean Subnet in fabric.vmnet.io/v1alpha1?", errors[3]);
        Assert.Equal($"error: {file}, line 35: metadata.name: Required value: give the object a name", errors[4]);
        Assert.Equal("error: 5 of 7 documents were not applied", errors[5]);
    }

    [Fact]
    public async Task Folders_lists_and_json_are_read()
    {
        server.File("folder/2.yml", Subnet("f2", "10.2.0.0/24"));
        server.File("folder/1.json", """
            {"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}},{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"team"}}]}
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d","namespace":"team"},"data":{"a":"b"}}
            """);
        server.File("folder/README.md", "no manifest");
        server.File("folder/deep/3.yaml", Subnet("f3", "10.3.0.0/24"));
        Assert.Equal(
            ["namespace/team created", "configmap/c created", "configmap/d created", "subnet.fabric.vmnet.io/f2 created"],
            (await server.OkAsync($"apply -f {server.Folder}/folder")).Lines);
        Assert.Contains("subnet.fabric.vmnet.io/f3 created", (await server.OkAsync($"apply -R -f {server.Folder}/folder")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_the_kind_does_not_have_is_warned_of_refused_or_ignored()
    {
        var manifest = Subnet("v", "10.1.0.0/24", "  mtuu: 1400\n");
        Assert.Equal("Warning: unknown field \"spec.mtuu\"\n", (await server.OkAsync("apply -f -", manifest)).Error);
        Assert.Equal("", (await server.OkAsync("apply --validate=ignore -f -", manifest)).Error);
        var strict = await server.RunAsync("apply --validate=strict -f -", manifest);
        Assert.Equal((1, ""), (strict.Code, strict.Output));
        Assert.Contains("Error from server (BadRequest): standard input, line 1: subnet.fabric.vmnet.io/v: strict decoding error: unknown field \"spec.mtuu\"", strict.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_of_another_manager_is_a_conflict_until_it_is_taken_over()
    {
        await server.OkAsync("apply -f -", Subnet("c", "10.1.0.0/24"));
        using var client = server.Connect();
        await client.SendAsync(
            new Kube.Transport.KubeRequest(HttpMethod.Patch, "/apis/fabric.vmnet.io/v1alpha1/subnets/c?fieldManager=operator")
            {
                Body = """{"spec":{"mtu":1400}}"""u8.ToArray(),
                ContentType = "application/merge-patch+json",
            },
            TestContext.Current.CancellationToken);
        var refused = await server.RunAsync("apply -f -", Subnet("c", "10.1.0.0/24", "  mtu: 1300\n"));
        Assert.Equal(1, refused.Code);
        Assert.Contains("(Conflict)", refused.Error, StringComparison.Ordinal);
        Assert.Contains("conflict with \"operator\": .spec.mtu. Take the fields over with --force-conflicts", refused.Error, StringComparison.Ordinal);
        await server.OkAsync("apply --force-conflicts -f -", Subnet("c", "10.1.0.0/24", "  mtu: 1300\n"));
    }

    [Fact]
    public async Task A_manifest_goes_where_it_says_or_where_the_command_line_says()
    {
        const string Map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: where}\n";
        await server.OkAsync("apply -n kube-system -f -", Map);
        await server.OkAsync("get configmap where -n kube-system");
        await server.OkAsync("apply -f -", Map);
        await server.OkAsync("get configmap where -n default");
        var both = await server.RunAsync("apply -n kube-system -f -", Map.Replace("{name: where}", "{name: where, namespace: default}", StringComparison.Ordinal));
        Assert.Contains("metadata.namespace: Invalid value: \"default\": the command line says --namespace kube-system", both.Error, StringComparison.Ordinal);
        Assert.Contains("Error from server (NotFound): standard input, line 1: configmap/where: namespaces \"nowhere\" not found", (await server.RunAsync("apply -n nowhere -f -", Map)).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "error: no objects in -")]
    [InlineData("# nothing\n---\n", "error: no objects in -")]
    [InlineData("null\n---\nnull\n", "error: no objects in -")]
    [InlineData("{kind: List, apiVersion: v1, items: [null]}", "standard input, line 1, item 0: an object is expected, not null")]
    [InlineData("kind: Subnet\n", "apiVersion: Required value")]
    [InlineData("apiVersion: v1\nkind: 3\nmetadata: {name: x}\n", "kind: Invalid value: 3: it must be a text")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\n", "metadata: Required value")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: []\n", "metadata: Invalid value")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n", "generateName makes a new one each time")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 3}\n", "metadata.name: Invalid value: 3")]
    [InlineData("{\"kind\": \"ConfigMap\",\n\"metadata\": {,}}", "error: standard input: json: line 2: ")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"a\\0b\"}\n", "metadata.name: Invalid value: \"a\\u0000b\"")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a/b}\n", "metadata.name: Invalid value: \"a/b\"")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ..}\n", "metadata.name: Invalid value: \"..\"")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"b\", a: c}\n", "yaml: line 4: key \"a\" already set in map")]
    public async Task What_is_no_object_is_explained(string text, string message)
    {
        var ran = await server.RunAsync("apply -f -", text);
        Assert.Equal(1, ran.Code);
        Assert.Contains(message, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_ends_of_windows_and_a_byte_order_mark_do_no_harm()
    {
        var file = server.File("windows.yaml", "\ufeff" + (Subnet("w1", "10.1.0.0/24") + "---\n" + Subnet("w2", "10.2.0.0/24")).ReplaceLineEndings("\r\n"));
        Assert.Equal(["subnet.fabric.vmnet.io/w1 created", "subnet.fabric.vmnet.io/w2 created"], (await server.OkAsync($"apply -f {file}")).Lines);
    }

    [Fact]
    public async Task A_thousand_objects_in_one_file_are_applied_in_its_order()
    {
        var file = server.File("thousand.yaml", string.Join("---\n", Enumerable.Range(0, 1000).Select(i => Subnet($"many{i}", $"10.{i / 256}.{i % 256}.0/24"))));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"subnet.fabric.vmnet.io/many{i} created"), (await server.OkAsync($"apply -f {file}")).Lines);
    }

    [Fact]
    public async Task A_manifest_of_ten_megabytes_is_refused_with_the_limit()
    {
        var big = server.File("big.yaml", Subnet("big", "10.1.0.0/24", $"  namespaces: [{new string('x', 10 << 20)}]\n") + "---\n" + Subnet("small", "10.2.0.0/24"));
        var ran = await server.RunAsync($"apply -f {big}");
        Assert.Equal((1, "subnet.fabric.vmnet.io/small created\n"), (ran.Code, ran.Output));
        Assert.Contains("Error from server (RequestEntityTooLarge): ", ran.Error, StringComparison.Ordinal);
        Assert.Contains("subnet.fabric.vmnet.io/big: Request entity too large: limit is 3145728 bytes", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_cannot_be_read_are_named()
    {
        Assert.Equal("error: the path \"/nowhere.yaml\" does not exist\n", (await server.RunAsync("apply -f /nowhere.yaml")).Error);
        var latin = Path.Combine(server.Folder, "latin.yaml");
        await System.IO.File.WriteAllBytesAsync(latin, [0x61, 0x3a, 0x20, 0xe9, 0x0a], TestContext.Current.CancellationToken);
        Assert.Equal($"error: {latin}: the text is not UTF-8: save it as UTF-8\n", (await server.RunAsync($"apply -f {latin}")).Error);
    }
}
