using System.Diagnostics;
using Fabric.Cli.Tests.Testing;

namespace Fabric.Cli.Tests.Completion;

public sealed class CompletionTests(CliServer server) : IClassFixture<CliServer>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await server.OkAsync("apply -f -", """
        {apiVersion: fabric.vmnet.io/v1alpha1, kind: Subnet, metadata: {name: blue}, spec: {ipv4: {cidr: 10.1.0.0/24}}}
        ---
        {apiVersion: fabric.vmnet.io/v1alpha1, kind: Subnet, metadata: {name: black}, spec: {ipv4: {cidr: 10.2.0.0/24}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: there, namespace: kube-system}}
        """);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<string[]> CompleteAsync(params string[] words)
    {
        // The server's own option goes where it would be typed: before the word in question.
        string[] line = words[0].Length == 0 || words.Length == 1 ? words : [words[0], "--kubeconfig", server.Kubeconfig, .. words[1..]];
        var ran = await CliServer.RunAsync(["__complete", "--", .. line]);
        Assert.Equal((0, ""), (ran.Code, ran.Error));
        return [.. ran.Lines.Select(each => each.Split('\t')[0])];
    }

    [Fact]
    public async Task Commands_options_and_their_values_are_completed()
    {
        Assert.Equal(["describe", "delete"], (await CompleteAsync("de")).Order(StringComparer.Ordinal).Reverse());
        Assert.DoesNotContain("__complete", await CompleteAsync(""));
        Assert.Equal(["down"], (await CliServer.RunAsync(["__complete", "--", "lab", "do"])).Lines.Select(line => line.Split('\t')[0]));
        Assert.Equal(["--namespace", "--no-headers"], await CompleteAsync("get", "--n"));
        Assert.Equal(["json", "name", "table", "wide", "yaml"], await CompleteAsync("get", "-o", ""));
        Assert.Equal(["--output=json"], await CompleteAsync("get", "subnets", "--output=j"));
        Assert.Equal(["bash"], await CompleteAsync("completion", "b"));
        Assert.Empty(await CompleteAsync("apply", "-f", ""));
    }

    [Fact]
    public async Task Kinds_names_and_namespaces_come_from_the_server()
    {
        Assert.Equal(["subnets"], await CompleteAsync("get", "sub"));
        Assert.Contains("virtualmachines", await CompleteAsync("describe", "virt"));
        Assert.Equal(["subnets,nics"], await CompleteAsync("get", "subnets,ni"));
        Assert.Equal(["black", "blue"], await CompleteAsync("get", "sn", ""));
        Assert.Equal(["black"], await CompleteAsync("delete", "subnets", "blue", ""));
        Assert.Equal(["subnet/black", "subnet/blue"], await CompleteAsync("describe", "subnet/bl"));
        Assert.Equal(["kube-node-lease", "kube-system"], await CompleteAsync("get", "-n", "kube"));
        Assert.Equal(["there"], await CompleteAsync("get", "configmap", "-n", "kube-system", "t"));
    }

    [Fact]
    public async Task Fields_are_completed_for_explain()
    {
        Assert.Equal(["subnet"], await CompleteAsync("explain", "sub"));
        Assert.Equal(["subnet.spec.dhcp"], await CompleteAsync("explain", "subnet.spec.dh"));
    }

    [Fact]
    public async Task Without_a_server_there_is_silence()
    {
        var ran = await CliServer.RunAsync(["__complete", "--", "get", "--kubeconfig", "/nowhere", "sub"]);
        Assert.Equal(new Ran(0, "", ""), ran);
    }

    [Theory]
    [InlineData("fabric get sub", "subnets")]
    [InlineData("fabric get subnets bl", "black blue")]
    [InlineData("fabric get subnets --output=js", "json")]
    [InlineData("fabric get subnets -o ", "json name table wide yaml")]
    public async Task Bash_completes_with_the_script_that_is_printed(string line, string expected)
    {
        var script = (await CliServer.RunAsync(["completion", "bash"])).Output;
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", $$"""
            fabric() { dotnet '{{typeof(CommandTree).Assembly.Location}}' "$@"; }
            {{script}}
            COMP_LINE=$1 COMP_POINT=${#1}
            # Cut as bash cuts: at blanks, and at = into a word of its own.
            read -ra COMP_WORDS <<< "${1//=/ = }"
            [[ $1 == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _fabric_complete
            echo "${COMPREPLY[@]}"
            """, "bash", line])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            Environment = { ["KUBECONFIG"] = server.Kubeconfig },
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, output.Trim());
    }
}
