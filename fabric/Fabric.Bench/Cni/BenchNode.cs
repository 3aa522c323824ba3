using Fabric.Bench.Load;
using Fabric.Bench.Machine;
using Fabric.Bench.Nics;
using Fabric.Bench.Servers;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;
using Lab.Runner.Relay;
using Lab.Runner.State;

namespace Fabric.Bench.Cni;

/// <summary>A control plane and one node, as a lab makes them: real OVN and Open vSwitch, a server, an agent. Nothing plays a cluster.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private const int Clients = 8;

    private const double QuietShare = 0.02;

    private static readonly TimeSpan QuietSpan = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AheadLimit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly FabricLab _lab;
    private readonly Ledger _ledger;
    private ApiRelay? _relay;
    private Task _relaying = Task.CompletedTask;
    private KubeClient? _client;
    private NicWatch? _watch;
    private int _agent;

    private BenchNode(FabricLab lab)
    {
        _lab = lab;
        _ledger = lab.OpenLedger("bench");
    }

    /// <summary>The node's name.</summary>
    internal string Name => Node.Name;

    /// <summary>Its network namespace, below <c>/run/netns</c>.</summary>
    internal string Namespace => Node.Namespace;

    /// <summary>The agent's socket.</summary>
    internal string CniSocket => Node.CniSocket;

    private NodeRecord Node => _lab.Record.Nodes[0];

    private KubeClient Client => _client!;

    /// <summary>Brings it up, after whatever an earlier run that was killed has left is removed.</summary>
    internal static async Task<BenchNode> StartAsync(FabricProgram fabric, CniOptions options, string folder, IProgress<string> progress, CancellationToken cancellationToken)
    {
        foreach (var abandoned in FabricLab.ListAbandoned())
        {
            progress.Report($"removing lab {abandoned}, whose maker was killed");
            await FabricLab.DownAsync(abandoned, cancellationToken);
        }

        BenchNode node;
        try
        {
            var lab = await FabricLab.UpAsync(
                new LabOptions
                {
                    Nodes = 1,
                    EndsWithCaller = true,
                    Workloads = false,
                    FabricProgram = fabric.File,
                    FabricArguments = fabric.Arguments,
                    CniProgram = options.Plugin,
                    GuestCache = folder,
                },
                progress, cancellationToken);
            node = new BenchNode(lab);
        }
        catch (LabException e)
        {
            throw new BenchException(e.Message, e);
        }

        try
        {
            await node.ConnectAsync(cancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sandboxes of this node.</summary>
    internal Sandboxes MakeSandboxes() => new($"{LabId.Parse(_lab.Record.Id).Prefix}-s", _ledger);

    /// <summary>What the agent's process has used.</summary>
    internal ProcessUsage AgentUsage() => ProcessUsage.Of(_agent);

    /// <summary>What the agent says at <c>/metrics</c>.</summary>
    internal Task<AgentFigures> ReadFiguresAsync(CancellationToken cancellationToken) => AgentFigures.ReadAsync(Namespace, cancellationToken);

    /// <summary>Makes namespace and subnets.</summary>
    internal async Task PrepareAsync(int pods, CancellationToken cancellationToken)
    {
        await Client.Resource(ResourceTypes.Namespaces).CreateAsync(new Fabric.Resources.Core.Namespace { Metadata = new ObjectMeta { Name = CniNetwork.Namespace } }, cancellationToken);
        await Client.Resource(ResourceTypes.Nodes).CreateAsync(new Node { Metadata = new ObjectMeta { Name = Name } }, cancellationToken);
        foreach (var subnet in CniNetwork.Subnets(pods))
        {
            await Client.Resource(ResourceTypes.Subnets).CreateAsync(subnet, cancellationToken);
        }
    }

    /// <summary>Makes pods, and waits until their Nics are ready, and OVN is everywhere as it is to be.</summary>
    internal async Task<Pod[]> CreateAsync(IReadOnlyList<Pod> pods, CancellationToken cancellationToken)
    {
        var made = new Pod[pods.Count];
        await ClosedLoop.RunAsync(
            Clients, pods.Count,
            async (_, i, token) => made[i] = await CreateAsync(pods[i], token),
            cancellationToken);
        foreach (var pod in made)
        {
            await _watch!.WaitAsync(CniNetwork.NicOf(pod.Metadata.Name!), progress => progress.Ready, cancellationToken);
        }

        await WaitForOvnAsync(cancellationToken);
        return made;
    }

    /// <summary>Makes one pod and waits for nothing.</summary>
    internal Task<Pod> CreateAsync(Pod pod, CancellationToken cancellationToken)
    {
        _watch!.Follow(CniNetwork.NicOf(pod.Metadata.Name!));
        return Client.Resource(ResourceTypes.Pods).CreateAsync(pod, cancellationToken);
    }

    /// <summary>Removes pods, and waits until OVN has taken it in.</summary>
    internal async Task DeleteAsync(IReadOnlyList<Pod> pods, CancellationToken cancellationToken)
    {
        await ClosedLoop.RunAsync(
            Clients, pods.Count,
            (_, i, token) => Client.Resource(ResourceTypes.Pods).DeleteAsync(ResourceTypes.Pods.KeyOf(pods[i]), new DeleteOptions { GracePeriodSeconds = 0 }, token),
            cancellationToken);
        foreach (var pod in pods)
        {
            await _watch!.WaitAsync(CniNetwork.NicOf(pod.Metadata.Name!), progress => progress.Gone, cancellationToken);
            _watch.Forget(CniNetwork.NicOf(pod.Metadata.Name!));
        }

        await WaitForOvnAsync(cancellationToken);
    }

    /// <summary>Waits until the agent has so many ports ready for pods that were not attached yet, if it makes any ahead.</summary>
    /// <returns>How many there are.</returns>
    internal async Task<int> WaitAheadAsync(int wanted, CancellationToken cancellationToken)
    {
        var ready = 0;
        await Until.TrueAsync(async token => (ready = await CountReadyPortsAsync(token)) >= wanted, AheadLimit, cancellationToken);
        return ready;
    }

    /// <summary>Waits until the agent uses next to no processor time.</summary>
    internal async Task WaitQuietAsync(CancellationToken cancellationToken)
    {
        var before = AgentUsage().Cpu;
        await Until.TrueAsync(
            async token =>
            {
                await Task.Delay(QuietSpan, token);
                var now = AgentUsage().Cpu;
                var used = now - before;
                before = now;
                return used < QuietSpan * QuietShare;
            },
            QuietLimit, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_watch is not null)
        {
            await _watch.DisposeAsync();
        }

        _client?.Dispose();
        await _relaying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _relay?.Dispose();
        _ledger.Dispose();
        _stop.Dispose();
        try
        {
            await _lab.DownAsync(CancellationToken.None);
        }
        catch (LabException e)
        {
            throw new BenchException(e.Message, e);
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _relay = ApiRelay.Listen(_lab.Record);
        _relaying = _relay.RunAsync(_stop.Token);
        _client = new KubeClient(KubeConnection.FromFile(_lab.Folder.Kubeconfig), new KubeClientOptions { FieldManager = "fabric-bench" });
        _watch = await NicWatch.StartAsync(_client, CniNetwork.Namespace, cancellationToken);
        var status = await _lab.StatusAsync(cancellationToken);
        _agent = status.Processes.Single(process => process.Name == $"fabric agent ({Name})").Pid;
    }

    // Returns when northd and every ovn-controller have worked off the northbound database as it is now: ovn-nbctl(8), --wait.
    private Task<string> WaitForOvnAsync(CancellationToken cancellationToken) =>
        Tool.RunAsync("ovn-nbctl", [$"--db=unix:{_lab.Folder.Central}/nb.sock", "--no-leader-only", "--wait=hv", "--timeout=50", "sync"], cancellationToken);

    private async Task<int> CountReadyPortsAsync(CancellationToken cancellationToken)
    {
        var text = await Tool.RunAsync(
            "ovs-vsctl", [$"--db=unix:{Node.OvsSocket}", "--timeout=20", "--bare", "--columns=name", "find", "Interface", "external_ids:ovn-installed=true"], cancellationToken);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }
}
