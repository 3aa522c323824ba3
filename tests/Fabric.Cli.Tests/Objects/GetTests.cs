using System.Text.Json.Nodes;
using Fabric.ApiServer.Yaml;
using Fabric.Cli.Tests.Testing;

namespace Fabric.Cli.Tests.Objects;

public sealed class GetTests(CliServer server) : IClassFixture<CliServer>, IAsyncLifetime
{
    private const string Objects = """
        apiVersion: fabric.vmnet.io/v1alpha1
        kind: Subnet
        metadata: {name: blue, labels: {tier: front}}
        spec: {ipv4: {cidr: 10.1.0.0/24}}
        ---
        apiVersion: fabric.vmnet.io/v1alpha1
        kind: Subnet
        metadata: {name: green}
        spec: {ipv4: {cidr: 10.2.0.0/24}, default: true}
        ---
        apiVersion: fabric.vmnet.io/v1alpha1
        kind: Nic
        metadata: {name: pod.web.eth0, namespace: default}
        spec: {subnet: blue, owner: {kind: Pod, name: web, uid: u1}, interface: eth0}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: default}
        spec: {containers: [{name: c, image: x}]}
        """;

    public async ValueTask InitializeAsync() => await server.OkAsync("apply -f -", Objects);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_table_is_the_servers_with_numbers_to_the_right()
    {
        using var client = server.Connect();
        await client.SendAsync(
            new Kube.Transport.KubeRequest(HttpMethod.Patch, "/apis/fabric.vmnet.io/v1alpha1/subnets/blue/status")
            {
                Body = """{"status":{"used":7,"free":246,"gateway":"10.1.0.1"}}"""u8.ToArray(),
                ContentType = "application/merge-patch+json",
            },
            TestContext.Current.CancellationToken);
        var lines = (await server.OkAsync("get subnets")).Lines;
        Assert.StartsWith("NAME    ", lines[0], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
        var (used, free) = (lines[0].IndexOf("USED", StringComparison.Ordinal) + 4, lines[0].IndexOf("FREE", StringComparison.Ordinal) + 4);
        Assert.Equal('7', lines[1][used - 1]);
        Assert.EndsWith("246", lines[1][..free], StringComparison.Ordinal);
        Assert.DoesNotContain("DEFAULT", lines[0], StringComparison.Ordinal);
        Assert.Contains("DEFAULT", (await server.OkAsync("get sn -o wide")).Lines[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("subnets blue")]
    [InlineData("Subnet blue")]
    [InlineData("sn blue")]
    [InlineData("subnets.fabric.vmnet.io blue")]
    [InlineData("subnets.v1alpha1.fabric.vmnet.io blue")]
    [InlineData("subnet/blue")]
    public async Task A_kind_has_many_names(string words) =>
        Assert.Equal(["subnet.fabric.vmnet.io/blue"], (await server.OkAsync($"get {words} -o name")).Lines);

    [Fact]
    public async Task A_category_shows_a_table_for_each_of_its_kinds_with_the_kind_in_the_name()
    {
        var output = (await server.OkAsync("get fabric -A")).Output;
        Assert.Contains("subnet.fabric.vmnet.io/blue", output, StringComparison.Ordinal);
        Assert.Contains("default     nic.fabric.vmnet.io/pod.web.eth0", output, StringComparison.Ordinal);
        Assert.Contains("\n\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Selectors_choose_and_built_in_kinds_are_shown_too()
    {
        Assert.Equal(["subnet.fabric.vmnet.io/blue"], (await server.OkAsync("get sn -l tier=front -o name")).Lines);
        Assert.Equal(["subnet.fabric.vmnet.io/green"], (await server.OkAsync("get sn --field-selector metadata.name=green -o name")).Lines);
        Assert.Contains("Pending", (await server.OkAsync("get pods")).Output, StringComparison.Ordinal);
        Assert.Equal(["pod/web", "nic.fabric.vmnet.io/pod.web.eth0"], (await server.OkAsync("get pod/web nic/pod.web.eth0 -o name")).Lines);
        Assert.Equal("No resources found in kube-system namespace.\n", (await server.OkAsync("get pods,nics -n kube-system")).Error);
        Assert.Equal("", (await server.OkAsync("get vms -A --no-headers")).Output);
    }

    [Fact]
    public async Task Json_and_yaml_show_the_same_object_without_its_managed_fields()
    {
        var json = JsonNode.Parse((await server.OkAsync("get subnet blue -o json")).Output)!;
        var yaml = YamlReader.ReadOne((await server.OkAsync("get subnet blue -o yaml")).Output);
        Assert.True(JsonNode.DeepEquals(json, yaml), $"{json}\n{yaml}");
        Assert.Equal("10.1.0.0/24", json["spec"]!["ipv4"]!["cidr"]!.GetValue<string>());
        Assert.Null(json["metadata"]!["managedFields"]);
        Assert.NotNull(JsonNode.Parse((await server.OkAsync("get subnet blue -o json --show-managed-fields")).Output)!["metadata"]!["managedFields"]);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("yaml")]
    public async Task Several_objects_make_a_list(string form)
    {
        var list = YamlReader.ReadOne((await server.OkAsync($"get subnets -o {form}")).Output);
        Assert.Equal(("List", "v1"), (list["kind"]!.GetValue<string>(), list["apiVersion"]!.GetValue<string>()));
        Assert.Equal(["blue", "green"], list["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>()));
        Assert.Empty(YamlReader.ReadOne((await server.OkAsync($"get subnets -l a=b -o {form}")).Output)["items"]!.AsArray());
    }

    [Fact]
    public async Task What_is_not_there_is_said_as_kubectl_says_it_and_the_rest_is_shown()
    {
        var ran = await server.RunAsync("get subnet red blue");
        Assert.Equal((1, "Error from server (NotFound): subnets.fabric.vmnet.io \"red\" not found\n"), (ran.Code, ran.Error));
        Assert.Contains("blue", ran.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get subnets ..", "error: name: Invalid value: \"..\": it may not be '.' or '..'")]
    [InlineData("get pods -n a/b", "error: --namespace: Invalid value: \"a/b\": it may not contain '/' or '%'")]
    [InlineData("get subnetz", "error: the server doesn't have a resource type \"subnetz\"; did you mean \"subnets\"?")]
    [InlineData("get nic x -A", "error: a resource cannot be retrieved by name across all namespaces")]
    [InlineData("get subnets blue -l a=b", "error: give names or selectors, not both")]
    [InlineData("get subnet/blue green", "error: write either KIND NAME... or KIND/NAME..., not both at once")]
    [InlineData("get subnets,nics -w", "error: --watch takes one kind, and one name at most")]
    [InlineData("get subnets --out json", "error: unknown option: --out\nSee 'fabric get --help'.")]
    [InlineData("get subnets -o xml", "error: Argument 'xml' not recognized.")]
    [InlineData("get", "error: Required argument 'KIND [NAME...]' missing for command: 'get'.")]
    [InlineData("gett subnets", "Did you mean get?")]
    [InlineData("get subnets -l a==b==c", "Error from server (BadRequest)")]
    public async Task Mistakes_are_explained(string line, string message)
    {
        var ran = await server.RunAsync(line);
        Assert.Equal(1, ran.Code);
        Assert.Contains(message, ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-o table")]
    [InlineData("-o name")]
    public async Task A_watch_shows_what_is_and_then_every_change(string form)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var name = $"late-{form[3..]}";
        var (ended, output, _) = server.Start($"get subnets -w {form}", stop.Token);
        await output.UntilAsync(text => text.Contains("green", StringComparison.Ordinal));
        await server.OkAsync("apply -f -", $"{{apiVersion: fabric.vmnet.io/v1alpha1, kind: Subnet, metadata: {{name: {name}}}, spec: {{ipv4: {{cidr: 10.9.0.0/24}}}}}}");
        await output.UntilAsync(text => text.Contains(name, StringComparison.Ordinal));
        using var client = server.Connect();
        await client.SendAsync(new Kube.Transport.KubeRequest(HttpMethod.Delete, $"/apis/fabric.vmnet.io/v1alpha1/subnets/{name}"), TestContext.Current.CancellationToken);
        await output.UntilAsync(text => text.Split(name).Length == 3);
        await stop.CancelAsync();
        Assert.Equal(130, await ended);
    }
}
