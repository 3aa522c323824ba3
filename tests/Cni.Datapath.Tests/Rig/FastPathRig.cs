using System.Text.Json;
using Cni.Datapath.Tests.Rig;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;
using Lab.Runner.State;
using Lab.Runner.Topology;
using Node.Testing;
using Ovs.Vswitch;
using Ledger = Lab.Runner.State.Ledger;
using ProcessIdentity = Lab.Runner.Processes.ProcessIdentity;

[assembly: AssemblyFixture(typeof(FastPathRig))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Cni.Datapath.Tests.Rig;

/// <summary>
/// Two nodes of a lab with real OVN, without Kubernetes: on each the programs and the feeder that an agent runs. Two VPCs
/// have the same addresses; the first has two subnets behind a router.
/// </summary>
public sealed class FastPathRig : IAsyncLifetime
{
    private readonly List<RigEndpoint> _endpoints = [];
    private readonly List<RigNode> _nodes = [];
    private LabFolder? _folder;
    private Ledger? _ledger;

    internal LabRecord Record { get; private set; } = null!;

    internal Launcher Launcher { get; private set; } = null!;

    internal RigNode Node1 => _nodes[0];

    internal RigNode Node2 => _nodes[1];

    internal IReadOnlyList<RigNode> Nodes => _nodes;

    internal string SouthboundSocket => Central.SouthboundSocket(_folder!);

    internal string NorthboundSocket => Central.NorthboundSocket(_folder!);

    public async ValueTask InitializeAsync()
    {
        if (!Needs.Root)
        {
            return;
        }

        var cancellationToken = TestContext.Current.CancellationToken;
        foreach (var abandoned in FabricLab.ListAbandoned())
        {
            await FabricLab.DownAsync(abandoned, cancellationToken);
        }

        _folder = new LabFolder(LabId.NewRandom());
        LabFolder.Make(_folder.Path);
        _ledger = Ledger.Open(_folder.Path, "up");
        var cgroup = Cgroup.Named(_folder.Id.Prefix);
        _ledger.Add(new CgroupMade(cgroup.Name));
        cgroup.Create();
        Launcher = new Launcher(cgroup, _ledger);
        Record = Plan.For(_folder, 2, kernelDatapath: false, apiPort: 1, guestFolder: "/none", new HashSet<string>());
        // If this process is killed, the next one finds by this that the lab is nobody's.
        var self = ProcessIdentity.Of(Environment.ProcessId)!.Value;
        Record = Record with { Owner = new LabOwner(self.Pid, self.StartTicks) };
        await File.WriteAllTextAsync(_folder.Record, JsonSerializer.Serialize(Record, LabJsonContext.Default.LabRecord), cancellationToken);
        try
        {
            using var pki = Pki.Create(_folder.Pki);
            await Underlay.CreateAsync(Record, _ledger, cancellationToken);
            await Task.WhenAll(Record.Nodes
                .Select(node => NodeNetwork.StartAsync(Record, node, pki, Launcher, cancellationToken))
                .Prepend(Central.StartAsync(Record, _folder, pki, Launcher, cancellationToken)));
            await NodeNetwork.MeetAsync(Record, cancellationToken);
            MakeNetworks();
            foreach (var node in Record.Nodes)
            {
                _nodes.Add(new RigNode(this, node));
            }

            foreach (var node in _nodes)
            {
                await node.StartAsync();
            }
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        foreach (var endpoint in _endpoints)
        {
            endpoint.Dispose();
        }

        _ledger?.Dispose();
        if (_folder is not null)
        {
            await Removal.RunAsync(_folder, CancellationToken.None);
        }
    }

    internal void Northbound(params string[] arguments) =>
        Command.Run("ovn-nbctl", [$"--db=unix:{Central.NorthboundSocket(_folder!)}", "--timeout=20", .. arguments]);

    /// <summary>What a control plane does with policy: the rows, and the number of the configuration, in one transaction.</summary>
    internal void Policy(params string[] arguments) => Northbound([.. arguments, .. arguments.Length > 0 ? ["--"] : (string[])[], "set", "NB_Global", ".", $"nb_cfg={++_version}"]);

    /// <summary>Waits until both nodes show the last policy as installed.</summary>
    internal Task InstalledAsync() => Eventually.HoldsAsync(() => _nodes.All(node => Chassis.Read(node.Vswitch.Snapshot)?.NbCfg == _version));

    internal string Southbound(params string[] arguments) =>
        Command.Run("ovn-sbctl", [$"--db=unix:{SouthboundSocket}", "--timeout=20", .. arguments]);

    /// <summary>After somebody else than <see cref="Policy"/> has raised the number of the configuration.</summary>
    internal void FollowVersion() => _version = int.Parse(Command.Run("ovn-nbctl", [$"--db=unix:{NorthboundSocket}", "--timeout=20", "get", "NB_Global", ".", "nb_cfg"]));

    /// <summary>A pod with a namespace, that is plugged in nowhere yet and has no port.</summary>
    internal RigEndpoint Prepare(string network, string address, string mac, string? address6, EndpointKind kind = EndpointKind.Container, int mtu = 1442)
    {
        var name = $"e{Interlocked.Increment(ref _count)}";
        var endpoint = new RigEndpoint(kind, name, network, address, address6, mac, $"{_folder!.Id.Prefix}-{name}", mtu);
        _ledger!.Add(new NamespaceMade(endpoint.PodNamespace));
        endpoint.MakeNamespace();
        _endpoints.Add(endpoint);
        return endpoint;
    }

    /// <summary>A pod on a node.</summary>
    internal async Task<RigEndpoint> AddAsync(
        RigNode node, string network, string address, string mac, string? address6 = null, EndpointKind kind = EndpointKind.Container, int mtu = 1442)
    {
        var endpoint = Prepare(network, address, mac, address6, kind, mtu);
        var name = endpoint.Name;
        var addresses = $"{mac} {address}{(address6 is null ? "" : $" {address6}")}";
        Northbound(
            "lsp-add", network, name, "--", "lsp-set-addresses", name, addresses, "--", "lsp-set-port-security", name, addresses,
            "--", "lsp-set-options", name, $"requested-chassis={node.Name}");
        await node.PlugAsync(endpoint);
        return endpoint;
    }

    /// <summary>The pods of a kind that tests share: five in the first VPC, and two in the second with addresses of the first.</summary>
    internal async Task<RigPods> PodsAsync(EndpointKind kind = EndpointKind.Container)
    {
        if (_wireHasOffloads == (kind == EndpointKind.WithoutOffloads))
        {
            _wireHasOffloads = !_wireHasOffloads;
            foreach (var node in _nodes)
                node.SetOffloads(_wireHasOffloads ? Offloads.On : Offloads.Off);
        }

        if (!_pods.TryGetValue(kind, out var pods))
        {
            _pods[kind] = pods = await MakePodsAsync(kind);
            // Who has installed this has heard of the pods of the other node.
            Policy();
        }

        // The test before may have changed policy, upon which the nodes learn nothing for a while.
        await Eventually.HoldsAsync(() => _nodes.All(node => node.Flows.Policy == (ulong)_version && node.Flows.IsLearning));
        return pods;
    }

    /// <summary>A port that no other test uses.</summary>
    internal int NextPort() => Interlocked.Increment(ref _port);

    /// <summary>The pod ends.</summary>
    internal async Task RemoveAsync(RigEndpoint endpoint)
    {
        await endpoint.Node!.UnplugAsync(endpoint);
        Northbound("--if-exists", "lsp-del", endpoint.Name);
        endpoint.Dispose();
        _endpoints.Remove(endpoint);
    }

    private int _count;
    private int _version;
    private int _port = 20_000;
    private readonly Dictionary<EndpointKind, RigPods> _pods = [];
    private bool _wireHasOffloads = true;

    private async Task<RigPods> MakePodsAsync(EndpointKind kind)
    {
        return new RigPods(
            A: await MakeAsync(Node1, "red", 1, 11),
            Near: await MakeAsync(Node1, "red", 1, 12),
            NearRouted: await MakeAsync(Node1, "blue", 2, 13),
            Far: await MakeAsync(Node2, "red", 1, 21),
            FarRouted: await MakeAsync(Node2, "blue", 2, 22),
            OtherA: await MakeAsync(Node1, "green", 1, 11),
            OtherFar: await MakeAsync(Node2, "green", 1, 21));

        Task<RigEndpoint> MakeAsync(RigNode node, string network, int subnet, int number)
        {
            number += 20 * (int)kind;
            var mac = $"02:00:00:70:{(network == "green" ? 3 : subnet):x2}:{number:x2}";
            return AddAsync(node, network, $"10.70.{subnet}.{number}", mac, $"fd70:{subnet}::{number}", kind);
        }
    }

    private void MakeNetworks()
    {
        Northbound("lr-add", "vpc1", "--", "ls-add", "red", "--", "ls-add", "blue", "--", "lr-add", "vpc2", "--", "ls-add", "green");
        Join("vpc1", "red", "02:00:00:00:01:01", "10.70.1.1/24", "fd70:1::1/64");
        Join("vpc1", "blue", "02:00:00:00:02:01", "10.70.2.1/24", "fd70:2::1/64");
        Join("vpc2", "green", "02:00:00:00:03:01", "10.70.1.1/24", "fd70:1::1/64");
    }

    private void Join(string router, string network, string mac, params string[] gateways) => Northbound(
        [
            "lrp-add", router, $"{router}-{network}", mac, .. gateways,
            "--", "lsp-add", network, $"{network}-router", "--", "lsp-set-type", $"{network}-router", "router",
            "--", "lsp-set-addresses", $"{network}-router", "router",
            "--", "lsp-set-options", $"{network}-router", $"router-port={router}-{network}",
        ]);
}

/// <summary>The pods that tests share.</summary>
internal sealed record RigPods(
    RigEndpoint A, RigEndpoint Near, RigEndpoint NearRouted, RigEndpoint Far, RigEndpoint FarRouted, RigEndpoint OtherA, RigEndpoint OtherFar)
{
    /// <summary>By what a test calls the way to it from <see cref="A"/>.</summary>
    public RigEndpoint this[string way] => way switch
    {
        "switched" => Near,
        "routed" => NearRouted,
        "switched between nodes" => Far,
        _ => FarRouted,
    };
}
