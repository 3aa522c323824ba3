using System.Diagnostics;
using System.Net;
using Fabric.Bench;
using Fabric.Bench.Datapath;
using Fabric.Cli.Commands.Lab;
using Fabric.Resources;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Fabric.Cli.Datapath;

/// <summary>A lab of two nodes with three pods, and beside it the paths that the overlay is compared to; all of it goes with the lab.</summary>
internal sealed class LabSite : IDatapathSite
{
    private const string PodNetwork = "10.231.77";
    private static readonly TimeSpan PodDeadline = TimeSpan.FromSeconds(90);

    private readonly FabricLab _lab;
    private readonly LabOptions _options;
    private readonly string _prefix;

    private LabSite(FabricLab lab, LabOptions options)
    {
        _lab = lab;
        _options = options;
        _prefix = LabId.Parse(lab.Record.Id).Prefix;
        SameNode = CrossNode = new PathEnds("", "", IPAddress.None);
    }

    /// <inheritdoc/>
    public PathEnds Veth => Ends("va", "vb", "10.231.1.2");

    /// <inheritdoc/>
    public PathEnds Bridge => Ends("ba", "bb", "10.231.2.2");

    /// <inheritdoc/>
    public PathEnds Hosts => Ends("h1", "h2", "10.231.3.2");

    /// <inheritdoc/>
    public PathEnds Vxlan => Ends("x1", "x2", "10.231.4.2");

    /// <inheritdoc/>
    public PathEnds Routed => Ends("r1", "r2", "10.231.6.2");

    /// <inheritdoc/>
    public PathEnds SameNode { get; private set; }

    /// <inheritdoc/>
    public PathEnds CrossNode { get; private set; }

    /// <summary>Brings everything up; nothing of it stays when that fails.</summary>
    internal static async Task<IDatapathSite> PrepareAsync(IProgress<string> progress, CancellationToken cancellationToken) =>
        await PrepareAsync(policy: null, progress, cancellationToken);

    /// <summary>As <see cref="PrepareAsync(IProgress{string}, CancellationToken)"/>, with the pods alone and one of them bound to a QosPolicy.</summary>
    internal static async Task<LabSite> PrepareAsync(string? policy, IProgress<string> progress, CancellationToken cancellationToken)
    {
        foreach (var abandoned in FabricLab.ListAbandoned())
        {
            await FabricLab.DownAsync(abandoned, cancellationToken);
        }

        var options = Programs.LabOptions(name: null, nodes: 2) with { EndsWithCaller = true };
        var site = new LabSite(await FabricLab.UpAsync(options, progress, cancellationToken), options);
        try
        {
            if (policy is null)
            {
                progress.Report("the paths to compare with");
                await site.MakePathsAsync(cancellationToken);
            }

            progress.Report("pods on both nodes");
            await site.StartPodsAsync(policy, cancellationToken);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task SetFastPathAsync(bool on, CancellationToken cancellationToken) => FastPathSwitch.SetAsync(_lab.Record, _options.FabricProgram, on, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _lab.DownAsync(CancellationToken.None);

    private PathEnds Ends(string client, string server, string address) =>
        new($"/run/netns/{_prefix}-{client}", $"/run/netns/{_prefix}-{server}", IPAddress.Parse(address));

    private async Task MakePathsAsync(CancellationToken cancellationToken)
    {
        string[] namespaces = ["va", "vb", "ba", "bb", "br", "h1", "h2", "x1", "x2", "r1", "r2"];
        using (var ledger = _lab.OpenLedger("bench"))
        {
            foreach (var name in namespaces)
            {
                ledger.Add(new NamespaceMade($"{_prefix}-{name}"));
            }
        }

        await Tool.RunAsync("/bin/sh", ["-ec", ComparisonPaths.Script, "sh", _prefix, .. namespaces], cancellationToken);
    }

    /// <summary>The network namespace of the node that a pod is on.</summary>
    internal string NodeOf(string pod) => $"/run/netns/{_lab.Record.Nodes.Single(node => node.Name == (pod == "far" ? "node2" : "node1")).Namespace}";

    /// <summary>The network namespace of a pod.</summary>
    internal string PodOf(string pod) => pod switch
    {
        "a" => SameNode.Client,
        "near" => SameNode.Server,
        _ => CrossNode.Server,
    };

    /// <summary>Tells the node of the first pod how fast its uplink is; null takes that back.</summary>
    internal Task RateUplinkAsync(Fabric.Primitives.BitRate? rate, CancellationToken cancellationToken)
    {
        const string Key = "fabric-underlay-rate";
        string[] change = rate is { } said ? ["set", "Open_vSwitch", ".", $"external_ids:{Key}={said}"] : ["remove", "Open_vSwitch", ".", "external_ids", Key];
        return Tool.RunAsync("ovs-vsctl", [$"--db=unix:{_lab.Record.Nodes.Single(node => node.Name == "node1").OvsSocket}", "--timeout=20", .. change], cancellationToken);
    }

    /// <summary>The lab.</summary>
    internal FabricLab Lab => _lab;

    /// <summary>Applies a manifest.</summary>
    internal Task ApplyAsync(string manifest, CancellationToken cancellationToken) =>
        Tool.RunAsync(_options.FabricProgram, ["apply", "--kubeconfig", _lab.Folder.Kubeconfig, "-f", "-"], cancellationToken, input: manifest);

    private async Task StartPodsAsync(string? policy, CancellationToken cancellationToken)
    {
        await ApplyAsync(Manifests(policy), cancellationToken);
        var addresses = await WaitForPodsAsync(cancellationToken);
        Task<string> FindAsync(string pod) => _lab.NamespaceOfAsync(new ObjectKey("default", pod), cancellationToken);
        var client = await FindAsync("a");
        SameNode = new PathEnds(client, await FindAsync("near"), IPAddress.Parse(addresses["near"]));
        CrossNode = new PathEnds(client, await FindAsync("far"), IPAddress.Parse(addresses["far"]));
    }

    private async Task<Dictionary<string, string>> WaitForPodsAsync(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var status = await _lab.StatusAsync(cancellationToken);
            var running = status.Pods.Where(pod => pod is { Phase: "Running", Address.Length: > 0 }).ToDictionary(pod => pod.Name, pod => pod.Address!, StringComparer.Ordinal);
            if (running.Count == 3)
            {
                return running;
            }

            if (Stopwatch.GetElapsedTime(began) > PodDeadline)
            {
                throw new BenchException($"only {running.Count} of 3 pods run after {PodDeadline.TotalSeconds:0} s: the logs are in {_lab.Folder.Path}");
            }

            await Task.Delay(200, cancellationToken);
        }
    }

    private static string Manifests(string? policy) => $$"""
        apiVersion: fabric.vmnet.io/v1alpha1
        kind: Vpc
        metadata: {name: bench}
        ---
        apiVersion: fabric.vmnet.io/v1alpha1
        kind: Subnet
        metadata: {name: bench}
        spec:
          vpc: bench
          default: true
          ipv4:
            cidr: {{PodNetwork}}.0/24
          ipv6:
            cidr: fd31:77::/64
        {{string.Concat(Pod("a", "node1", policy), Pod("near", "node1"), Pod("far", "node2"))}}
        """;

    private static string Pod(string name, string node, string? policy = null) => $$"""

        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          namespace: default
          annotations: {{{(policy is null ? "" : $"{FabricApi.QosPolicyAnnotation}: {policy}")}}}
        spec:
          nodeName: {{node}}
          terminationGracePeriodSeconds: 0
          containers: [{name: main, image: busybox, command: [sleep, "3600"]}]
        """;
}
