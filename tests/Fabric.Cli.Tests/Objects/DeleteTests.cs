using Fabric.Cli.Tests.Testing;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Tests.Objects;

public sealed class DeleteTests(CliServer server) : IClassFixture<CliServer>
{
    private const string Root = "/apis/fabric.vmnet.io/v1alpha1/subnets/";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Subnet(string name, string metadata = "") =>
        $"{{apiVersion: fabric.vmnet.io/v1alpha1, kind: Subnet, metadata: {{name: {name}{metadata}}}, spec: {{ipv4: {{cidr: 10.1.0.0/24}}}}}}\n";

    private async Task PatchAsync(string name, string body, string subresource = "")
    {
        using var client = server.Connect();
        await client.SendAsync(
            new KubeRequest(HttpMethod.Patch, $"{Root}{name}{subresource}") { Body = System.Text.Encoding.UTF8.GetBytes(body), ContentType = "application/merge-patch+json" }, Token);
    }

    [Fact]
    public async Task Objects_go_by_name_by_manifest_and_by_label()
    {
        var manifest = server.File("gone.yaml", Subnet("d1") + "---\n" + Subnet("d2") + "---\n" + Subnet("d3", ", labels: {go: now}"));
        await server.OkAsync($"apply -f {manifest}");
        Assert.Equal("subnet.fabric.vmnet.io \"d1\" deleted\n", (await server.OkAsync("delete subnet/d1")).Output);
        Assert.Equal("subnet.fabric.vmnet.io \"d3\" deleted\n", (await server.OkAsync("delete subnets -l go=now")).Output);
        var rest = await server.RunAsync($"delete -f {manifest}");
        Assert.Equal((1, "subnet.fabric.vmnet.io \"d2\" deleted\n"), (rest.Code, rest.Output));
        Assert.Contains("Error from server (NotFound): subnets.fabric.vmnet.io \"d1\" not found", rest.Error, StringComparison.Ordinal);
        Assert.Equal("", (await server.OkAsync($"delete -f {manifest} --ignore-not-found")).Error);
        Assert.Equal("No resources found.\n", (await server.OkAsync("delete subnets -l go=now")).Error);
    }

    [Fact]
    public async Task A_dry_run_deletes_nothing()
    {
        await server.OkAsync("apply -f -", Subnet("dry"));
        Assert.Equal("subnet.fabric.vmnet.io \"dry\" deleted (server dry run)\n", (await server.OkAsync("delete subnet dry --dry-run=server")).Output);
        await server.OkAsync("get subnet dry");
    }

    [Fact]
    public async Task Who_waits_is_told_for_what_and_that_it_is_gone()
    {
        await server.OkAsync("apply -f -", Subnet("held", ", finalizers: [fabric.vmnet.io/release]"));
        await PatchAsync("held", """{"status":{"conditions":[{"type":"Ready","status":"False","reason":"InUse","message":"Nic default/x (10.1.0.2) is in it"}]}}""", "/status");
        var (ended, output, error) = server.Start("delete subnet held", Token);
        var text = await error.UntilAsync(said => said.Contains('\n'));
        Assert.Equal("subnet.fabric.vmnet.io \"held\" waits for finalizer fabric.vmnet.io/release; InUse: Nic default/x (10.1.0.2) is in it\n", text);
        await PatchAsync("held", """{"status":{"conditions":[{"type":"Ready","status":"False","reason":"InUse","message":"Nic default/y (10.1.0.3) is in it"}]}}""", "/status");
        await error.UntilAsync(said => said.Contains("default/y", StringComparison.Ordinal));
        await PatchAsync("held", """{"metadata":{"finalizers":null}}""");
        Assert.Equal(0, await ended);
        Assert.Equal("subnet.fabric.vmnet.io \"held\" deleted\n", await output.UntilAsync(said => said.Length > 0));
    }

    [Fact]
    public async Task Who_does_not_wait_or_not_for_long_is_told_what_holds_it()
    {
        await server.OkAsync("apply -f -", Subnet("long", ", finalizers: [example.com/a, example.com/b]"));
        var marked = await server.OkAsync("delete subnet long --wait=false");
        Assert.Equal("subnet.fabric.vmnet.io \"long\" is being deleted: waits for finalizers example.com/a, example.com/b\n", marked.Output);
        var late = await server.RunAsync("delete subnet long --timeout 5s");
        Assert.Equal(1, late.Code);
        Assert.Contains("error: timed out: subnet.fabric.vmnet.io \"long\" is still there: waits for finalizers example.com/a, example.com/b", late.Error, StringComparison.Ordinal);
        await PatchAsync("long", """{"metadata":{"finalizers":null}}""");
    }

    [Theory]
    [InlineData("delete", "error: name what is to be deleted: KIND NAME, or manifests with -f")]
    [InlineData("delete subnets", "error: resource(s) were provided, but no name was specified")]
    [InlineData("delete subnets x --all", "error: give names or selectors, not both")]
    [InlineData("delete subnet x --timeout soon", "error: \"soon\" is no time up to a year")]
    [InlineData("delete subnet x --cascade sideways", "error: Argument 'sideways' not recognized.")]
    public async Task Mistakes_are_explained(string line, string message)
    {
        var ran = await server.RunAsync(line);
        Assert.Equal(1, ran.Code);
        Assert.Contains(message, ran.Error, StringComparison.Ordinal);
    }
}
