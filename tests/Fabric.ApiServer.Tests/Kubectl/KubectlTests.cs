namespace Fabric.ApiServer.Tests.Kubectl;

/// <summary>The whole way with the programs that users have.</summary>
[Trait("Kind", "kubectl")]
public sealed class KubectlTests
{
    private const string Widget = "apiVersion: test.example.com/v1\nkind: Widget\nmetadata: {name: w, labels: {team: a}}\nspec: {color: red, labels: {x: one}}\n";

    private const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: p, labels: {app: x}}
        spec:
          nodeName: n1
          affinity: {}
          containers:
          - {name: c, image: busybox, env: [{name: A, value: "1"}], ports: [{containerPort: 80}]}
          - {name: d, image: busybox}
        """;

    public enum Generation
    {
        OnPath,
        Debian,
    }

    [Theory]
    [InlineData(Generation.OnPath)]
    [InlineData(Generation.Debian)]
    public Task Custom_resources_are_created_shown_changed_and_deleted(Generation generation) => WithAsync(generation, async k =>
    {
        Assert.Contains("widget.test.example.com/w created", await k.Ok("apply -f -", Widget), StringComparison.Ordinal);
        Assert.Contains("unchanged", await k.Ok("apply -f -", Widget), StringComparison.Ordinal);
        Assert.Contains("configured", await k.Ok("apply -f -", Widget.Replace("x: one", "z: one", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("{\"z\":\"one\"}", await k.Ok("get wd w -o 'jsonpath={.spec.labels}'"));
        Assert.Contains("AlreadyExists", await k.Fails("create -f -", Widget), StringComparison.Ordinal);
        Assert.Matches("NAME +COLOR +SIZE +READY +AGE\nw +red +3 +\\d+s", await k.Ok("get widgets"));
        Assert.Matches("NAME +COLOR +SIZE +READY +CIDR +AGE", await k.Ok("get widgets -o wide"));
        Assert.Contains("kind: Widget", await k.Ok("get widgets w -o yaml"), StringComparison.Ordinal);
        Assert.Contains("widget.test.example.com/w", await k.Ok("get all -l team=a -o name"), StringComparison.Ordinal);
        Assert.Equal("", await k.Ok("get wd -l team!=a -o name"));
        Assert.Equal("widget.test.example.com/w\n", await k.Ok("get wd --field-selector metadata.name=w -o name"));
        Assert.Contains("edited", await k.Ok("edit wd w"), StringComparison.Ordinal);
        Assert.Equal("green", await k.Ok("get wd w -o 'jsonpath={.spec.color}'"));
        Assert.Contains("patched", await k.Ok("""patch wd w --type merge -p '{"spec":{"size":7}}'"""), StringComparison.Ordinal);
        Assert.Contains("patched", await k.Ok("""patch wd w --type json -p '[{"op":"replace","path":"/spec/size","value":8}]'"""), StringComparison.Ordinal);
        Assert.Contains("labeled", await k.Ok("label wd w a=b"), StringComparison.Ordinal);
        Assert.Contains("annotated", await k.Ok("annotate wd w a=b"), StringComparison.Ordinal);
        Assert.Contains("Color:", await k.Ok("describe wd w"), StringComparison.Ordinal);
        Assert.Contains("serverside-applied", await k.Ok("apply --server-side --force-conflicts -f -", Widget), StringComparison.Ordinal);
        Assert.Contains("deleted", await k.Ok("delete wd w"), StringComparison.Ordinal);
        Assert.Contains("NotFound", await k.Fails("get wd w"), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(Generation.OnPath)]
    [InlineData(Generation.Debian)]
    public Task Mistakes_are_explained_at_apply(Generation generation) => WithAsync(generation, async k =>
    {
        Assert.Contains("spec.ipv4.cidr: Invalid value: \"10.0.0.0/33\"", await k.Fails("apply -f -", Widget.Replace("color: red", "color: red, ipv4: {cidr: 10.0.0.0/33}", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("colour", await k.Fails("apply -f -", Widget.Replace("color: red", "color: red, colour: red", StringComparison.Ordinal)), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(Generation.OnPath)]
    [InlineData(Generation.Debian)]
    public Task Pods_namespaces_and_nodes_behave_as_built_in(Generation generation) => WithAsync(generation, async k =>
    {
        await k.Ok("create namespace team");
        await k.Ok("apply -n team -f -", Pod);
        Assert.DoesNotContain("warning", (await k.RunAsync("apply -n team -f -", Pod.Replace("{name: A, value: \"1\"}", "{name: B, value: \"2\"}", StringComparison.Ordinal))).Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("B", await k.Ok("get pod p -n team -o 'jsonpath={.spec.containers[0].env[*].name}'"));
        await k.Ok("""patch pod p -n team -p '{"spec":{"containers":[{"name":"d","image":"other"}]}}'""");
        Assert.Equal("busybox other", await k.Ok("get pod p -n team -o 'jsonpath={.spec.containers[*].image}'"));
        Assert.Matches("team +p +0/2 +Pending +0 +\\d+s +<none> +n1", await k.Ok("get pods -A -o wide"));
        Assert.Equal("pod/p\n", await k.Ok("get pods -A --field-selector spec.nodeName=n1 -o name"));
        Assert.Equal("", await k.Ok("get pods -A --field-selector spec.nodeName=n2 -o name"));
        var uid = await k.Ok("get pod p -n team -o 'jsonpath={.metadata.uid}'");
        await k.Ok("create -n team -f -", """
            {"apiVersion":"v1","kind":"Event","metadata":{"name":"p.1"},"type":"Warning","reason":"NoAddress","message":"the subnet is full","count":1,
             "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:00:00Z","involvedObject":{"kind":"Pod","namespace":"team","name":"p","uid":"UID"}}
            """.Replace("UID", uid, StringComparison.Ordinal));
        Assert.Contains("the subnet is full", await k.Ok("describe pod p -n team"), StringComparison.Ordinal);
        Assert.Contains("NoAddress", await k.Ok("get events -n team"), StringComparison.Ordinal);
        await k.Ok("delete pod p -n team --grace-period=0 --force");
        await k.Ok("create configmap c -n team --from-literal=a=b");
        await k.Ok("delete namespace team");
        Assert.DoesNotContain("team", await k.Ok("get ns"), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(Generation.OnPath)]
    [InlineData(Generation.Debian)]
    public Task The_server_describes_itself(Generation generation) => WithAsync(generation, async k =>
    {
        Assert.Contains("Server Version", await k.Ok("version"), StringComparison.Ordinal);
        Assert.Matches("virtualmachines +vm,vms +kubevirt.io/v1 +true +VirtualMachine", await k.Ok("api-resources"));
        Assert.Contains("test.example.com/v1", await k.Ok("api-versions"), StringComparison.Ordinal);
        Assert.Contains("Size in cm, 1 to 10.", await k.Ok("explain widgets.spec"), StringComparison.Ordinal);
        Assert.Contains("Entry point.", await k.Ok("explain pods.spec.containers"), StringComparison.Ordinal);
        Assert.Contains("Unique within the namespace", await k.Ok("explain wd.metadata"), StringComparison.Ordinal);
        Assert.Equal("yes", (await k.Ok("auth can-i create pods")).Trim());
        Assert.Equal("ok", await k.Ok("get --raw /readyz"));
        Assert.Contains("created (server dry run)", await k.Ok("create --dry-run=server -f -", Widget), StringComparison.Ordinal);
        Assert.Contains("created (server dry run)", await k.Ok("apply --dry-run=server -f -", Widget), StringComparison.Ordinal);
        Assert.Equal("", await k.Ok("get pods,vms,vmis -A -o name"));
    });

    [Theory]
    [InlineData(Generation.OnPath)]
    [InlineData(Generation.Debian)]
    public Task Waiting_and_watching_follow_changes(Generation generation) => WithAsync(generation, async k =>
    {
        await k.Ok("apply -f -", Widget);
        using var watch = k.Start("get wd -w");
        Assert.Contains("COLOR", await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("red", await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var waiting = k.Ok("wait wd/w --for=condition=Ready --timeout=30s");
        await k.Ok("""patch wd w --type merge -p '{"spec":{"color":"blue"}}'""");
        Assert.Contains("blue", await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        watch.Kill();
        await k.Ok("replace --raw /apis/test.example.com/v1/namespaces/default/widgets/w/status -f -", await WithStatus(k));
        Assert.Contains("condition met", await waiting, StringComparison.Ordinal);
        await k.Ok("""patch wd w --type merge -p '{"metadata":{"finalizers":["test.example.com/held"]}}'""");
        await k.Ok("delete wd w --wait=false");
        var gone = k.RunAsync("wait wd/w --for=delete --timeout=30s", null);
        var deleting = k.RunAsync("delete wd w", null);
        await k.Ok("""patch wd w --type merge -p '{"metadata":{"finalizers":null}}'""");

        // Either may have come too late to find the object; neither may hang.
        foreach (var (code, _, error) in await Task.WhenAll(gone, deleting))
            Assert.True(code == 0 || error.Contains("no matching resources", StringComparison.Ordinal) || error.Contains("NotFound", StringComparison.Ordinal), error);
    });

    private static async Task<string> WithStatus(KubectlRunner k)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(await k.Ok("get wd w -o json"))!;
        json["status"] = System.Text.Json.Nodes.JsonNode.Parse("""{"conditions":[{"type":"Ready","status":"True"}]}""");
        return json.ToJsonString();
    }

    private static async Task WithAsync(Generation generation, Func<KubectlRunner, Task> test)
    {
        var binary = generation == Generation.Debian ? KubectlBinaries.Debian : KubectlBinaries.OnPath;
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 }) Assert.True(binary is not null, $"kubectl ({generation}) is needed: Debian's package kubernetes-client brings it");
        else Assert.SkipWhen(binary is null, $"no kubectl ({generation}); Debian's package kubernetes-client brings it");
        using var home = new TemporaryFolder();
        await using var server = await TestServer.StartAsync();
        await test(new KubectlRunner(binary!, server.Host.AdminKubeconfigPath, home));
    }
}
