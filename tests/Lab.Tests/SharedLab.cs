using System.Diagnostics;
using System.Text.Json.Nodes;
using Fabric.Resources;
using Lab.Demo;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;

namespace Lab.Tests;

/// <summary>One lab of two nodes for all tests that leave it as they found it, with a default Subnet.</summary>
public sealed class SharedLab : IAsyncLifetime
{
    private static readonly TimeSpan ExecDeadline = TimeSpan.FromSeconds(30);

    private FabricLab? _lab;
    private Kubectl? _kubectl;

    public FabricLab Lab => _lab!;

    public Kubectl Kubectl => _kubectl!;

    public static LabOptions Options(int nodes) => new()
    {
        Nodes = nodes, EndsWithCaller = true, FabricProgram = Repository.Fabric, CniProgram = Repository.Cni, GuestCache = Repository.GuestCache,
    };

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        foreach (var id in FabricLab.ListAbandoned())
        {
            await FabricLab.DownAsync(id, TestContext.Current.CancellationToken);
        }

        _lab = await FabricLab.UpAsync(Options(nodes: 2), progress: null, TestContext.Current.CancellationToken);
        var kubectls = await Kubectl.FindAsync(Repository.FetchedKubectl, Lab.Folder.Kubeconfig, TestContext.Current.CancellationToken);
        _kubectl = kubectls[^1];
        await ApplyAsync("""
            {"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"default"},
             "spec":{"default":true,"ipv4":{"cidr":"10.80.0.0/24"}}}
            """);
    }

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null)
        {
            await _lab.DownAsync(CancellationToken.None);
        }
    }

    /// <summary>Applies a manifest as text; throws with kubectl's words when it is refused.</summary>
    public Task<string> ApplyAsync(string manifest) =>
        Tool.RunAsync(Kubectl.Path, [$"--kubeconfig={Kubectl.Kubeconfig}", "apply", "-f", "-"], TestContext.Current.CancellationToken, input: manifest);

    /// <summary>Applies a manifest that is to be refused, and returns why.</summary>
    public async Task<string> RefusalOfAsync(string manifest)
    {
        var result = await Tool.TryRunAsync(
            Kubectl.Path, [$"--kubeconfig={Kubectl.Kubeconfig}", "apply", "-f", "-"], TestContext.Current.CancellationToken, input: manifest);
        Assert.NotEqual(0, result.ExitCode);
        return result.Error;
    }

    public Task<string> RunAsync(params string[] arguments) => Kubectl.RunAsync(TestContext.Current.CancellationToken, arguments);

    public Task<JsonNode> JsonAsync(params string[] arguments) => Kubectl.JsonAsync(TestContext.Current.CancellationToken, arguments);

    /// <summary>Waits for what is there or is yet to be made, as a Nic is: <c>kubectl wait</c> gives up at once on what is not there.</summary>
    public async Task<string> WaitReadyAsync(string what, string ns = "default")
    {
        await UntilAsync($"{what} is there", async () => (await RunAsync("get", what, "-n", ns, "--ignore-not-found", "-o", "name")).Length > 0);
        return await RunAsync("wait", what, "-n", ns, "--for=condition=Ready", "--timeout=58s");
    }

    public Task<ToolResult> ExecAsync(string ns, string pod, params string[] command) =>
        Lab.ExecAsync(new ObjectKey(ns, pod), command, ExecDeadline, TestContext.Current.CancellationToken);

    public Task<ToolResult> GuestExecAsync(string ns, string vm, params string[] command) =>
        Lab.GuestExecAsync(new ObjectKey(ns, vm), command, ExecDeadline, TestContext.Current.CancellationToken);

    /// <summary>The network namespace of a pod that runs.</summary>
    internal Task<string> NamespaceOfAsync(string pod) => Lab.NamespaceOfAsync(new ObjectKey("default", pod), TestContext.Current.CancellationToken);

    /// <summary>Waits for a condition, asking again and again: five times a second, or as often as what would go by otherwise asks for.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? pause = null)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"after 60 s it is still not so that {what}");
            await Task.Delay(pause ?? TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A pod that sleeps.</summary>
    public static string PodManifest(string name, string? subnet = null, string? node = null)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = "default" };
        var spec = new JsonObject
        {
            ["terminationGracePeriodSeconds"] = 0,
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = "shell", ["image"] = "busybox", ["command"] = new JsonArray("sleep", "infinity"),
            }),
        };
        if (subnet is not null)
        {
            metadata["annotations"] = new JsonObject { [FabricApi.SubnetAnnotation] = subnet };
        }

        if (node is not null)
        {
            spec["nodeSelector"] = new JsonObject { ["kubernetes.io/hostname"] = node };
        }

        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = spec }.ToJsonString();
    }
}

/// <summary>Tests that share the lab run one after another.</summary>
[CollectionDefinition(nameof(SharedLab))]
public sealed class SharedLabCollection : ICollectionFixture<SharedLab>;
