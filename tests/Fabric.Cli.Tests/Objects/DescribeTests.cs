using Fabric.Cli.Tests.Testing;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Tests.Objects;

public sealed class DescribeTests(CliServer server) : IClassFixture<CliServer>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_object_is_shown_with_its_conditions_and_its_events_the_newest_last()
    {
        await server.OkAsync("apply -f -", """
            apiVersion: fabric.vmnet.io/v1alpha1
            kind: Subnet
            metadata: {name: blue, labels: {a: b, c: d}, finalizers: [fabric.vmnet.io/release]}
            spec: {ipv4: {cidr: 10.1.0.0/24, exclude: [10.1.0.5, 10.1.0.8-10.1.0.9]}}
            """);
        var uid = System.Text.Json.Nodes.JsonNode.Parse((await server.OkAsync("get subnet blue -o json")).Output)!["metadata"]!["uid"]!.GetValue<string>();
        using var client = server.Connect();
        await client.SendAsync(
            new KubeRequest(HttpMethod.Patch, "/apis/fabric.vmnet.io/v1alpha1/subnets/blue/status")
            {
                Body = """{"status":{"used":3,"conditions":[{"type":"Ready","status":"False","reason":"CidrOverlap","message":"overlaps red","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}"""u8.ToArray(),
                ContentType = "application/merge-patch+json",
            },
            Token);
        string Event(string name, string time, string message) => $$$"""
            {"apiVersion":"v1","kind":"Event","metadata":{"name":"{{{name}}}","namespace":"default"},"type":"Warning","reason":"CidrOverlap","message":"{{{message}}}","count":2,
             "lastTimestamp":"{{{time}}}","source":{"component":"fabric-server"},"involvedObject":{"kind":"Subnet","name":"blue","uid":"{{{uid}}}"}}
            """;
        await server.OkAsync("apply -f -", Event("e1", "2026-01-02T00:00:00Z", "the newer") + Event("e2", "2026-01-01T00:00:00Z", "the older \\u001b[31m"));

        var text = (await server.OkAsync("describe subnet blue")).Output;
        Assert.Matches("Name: +blue\nKind: +Subnet \\(fabric.vmnet.io/v1alpha1\\)\nLabels: +a=b\n +c=d\nAnnotations: +<none>\nCreated: +[0-9TZ:-]+ \\(\\d+s ago\\)\nHeld by: +fabric.vmnet.io/release\n", text);
        Assert.Matches("Spec:\n(.*\n)*  ipv4:\n    cidr: +10.1.0.0/24\n    exclude: +10.1.0.5, 10.1.0.8-10.1.0.9\n", text);
        Assert.Matches("Status:\n  used: +3\nConditions:\n  TYPE +STATUS +REASON +AGE +MESSAGE\n  Ready +False +CidrOverlap +\\d+d +overlaps red\n", text);
        Assert.Matches("Events:\n  AGE +TYPE +REASON +FROM +COUNT +MESSAGE\n.*fabric-server +2 +the older \\\\u001b\\[31m\n.* the newer\n$", text);
    }

    [Fact]
    public async Task All_objects_of_a_kind_are_described_and_those_that_are_not_there_are_said()
    {
        await server.OkAsync("apply -f -", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {text: \"a\\nb\\n\", word: x}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: two}}\n");
        var all = (await server.OkAsync("describe configmaps")).Output;
        Assert.Matches("Name: +one\nNamespace: +default\n(.*\n)*Data:\n  text:\n    a\n    b\n  word: +x\nEvents:  <none>\n\n\nName: +two\n", all);
        var ran = await server.RunAsync("describe configmap one three");
        Assert.Equal((1, "Error from server (NotFound): configmaps \"three\" not found\n"), (ran.Code, ran.Error));
        Assert.Equal("No resources found.\n", (await server.OkAsync("describe configmaps -n kube-system")).Error);
    }
}
