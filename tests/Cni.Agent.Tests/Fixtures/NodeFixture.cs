using System.Collections.Concurrent;
using Bpf.FastPath.Endpoints;
using Cni.Agent.Tests.Fixtures;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;

[assembly: AssemblyFixture(typeof(NodeFixture))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Cni.Agent.Tests.Fixtures;

/// <summary>One node for all tests: its switch with OVN, the Kubernetes API, and an agent that tests may kill.</summary>
public sealed class NodeFixture : IAsyncLifetime
{
    internal const string Gateway4 = "10.88.0.1";
    internal const string Gateway6 = "fd88::1";

    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-agent-").FullName;
    private readonly ConcurrentQueue<Workload> _workloads = new();
    private int _count;
    private SwitchFixture? _switch;
    private ApiFixture? _api;
    private AgentProcess? _agent;

    internal SwitchFixture Switch => _switch!;

    internal ApiFixture Api => _api!;

    internal AgentProcess Agent => _agent!;

    internal Plugin Plugin => new(Agent.SocketPath);

    public async ValueTask InitializeAsync()
    {
        if (!Needs.Root)
            return;
        Ledger.Current.Folder(_folder);
        _switch = new SwitchFixture(_folder);
        await _switch.StartAsync();
        _switch.Northbound("ls-add", "web");
        _api = await ApiFixture.StartAsync(Path.Combine(_folder, "api"));
        _agent = new AgentProcess(_folder, _api.Kubeconfig, _switch.Endpoint);
        await _agent.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _agent?.Dispose();
        if (_api is not null)
            await _api.DisposeAsync();
        _switch?.Dispose();
    }

    /// <summary>Has another agent serve in the place of the usual one until it is disposed.</summary>
    internal async Task<OtherAgent> ReplaceAgentAsync(
        string name, bool tinyState = false, int maxEndpoints = EndpointDatapath.DefaultMaxEndpoints, string? kubeconfig = null)
    {
        Agent.Kill();
        var other = new OtherAgent(new AgentProcess(_folder, kubeconfig ?? Api.Kubeconfig, Switch.Endpoint, name, maxEndpoints) { TinyState = tinyState }, Agent);
        await other.Agent.StartAsync();
        return other;
    }

    /// <summary>Takes away every workload made since the last time, as the runtime and the control plane do, and waits until the node is empty.</summary>
    internal async Task ClearAsync()
    {
        var made = false;
        for (; _workloads.TryDequeue(out var workload); made = true)
        {
            if (JournalOf(workload).Length > 0)
                await Plugin.RunAsync("DEL", workload.Sandbox);
            await Api.DeletePodAsync(workload.Pod, CancellationToken.None);
            workload.Dispose();
        }

        if (made)
            await Eventually.HoldsAsync(() => Agent.Journal.Length == 0 && Switch.Switch("--bare", "--columns=name", "find", "Interface", "external_ids:fabric-owner=agent").Trim().Length == 0);
    }

    /// <summary>The files of a workload's attachment in the agent's journal.</summary>
    internal string[] JournalOf(Workload workload) => Agent.JournalWith(workload.Sandbox.ContainerId);

    /// <summary>A pod whose Nic the control plane has given all it needs, with its sandbox.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="ready">False for a Nic that the control plane has not looked at yet.</param>
    /// <param name="scheduled">
    /// The control plane has said that the Nic is meant for this node, so that the agent makes its port ready. Otherwise the agent meets it at ADD.
    /// </param>
    /// <param name="qos">What the Nic is held to from the start: said together with its readiness, so that the agent cannot know the one without the other.</param>
    internal async Task<Workload> CreateWorkloadAsync(CancellationToken cancellationToken, bool ready = true, bool scheduled = false, NicQos? qos = null)
    {
        var workload = await CreateUnreadyAsync(cancellationToken);
        if (ready)
            await MakeReadyAsync(workload, cancellationToken, scheduled, qos);
        return workload;
    }

    /// <summary>Many pods at once.</summary>
    internal async Task<IReadOnlyList<Workload>> CreateWorkloadsAsync(int count, bool scheduled, CancellationToken cancellationToken)
    {
        // One after another: a sandbox is made by tools that are waited for, and the API is served by the same threads.
        var workloads = new List<Workload>();
        for (var number = 0; number < count; number++)
            workloads.Add(await CreateUnreadyAsync(cancellationToken));
        // One call of the tool for all: it takes longer to start than to work.
        Switch.Northbound([.. workloads.SelectMany(workload => PortCommands(workload).Prepend("--"))]);
        await Task.WhenAll(workloads.Select(workload => SayReadyAsync(workload, scheduled, cancellationToken)));
        return workloads;
    }

    /// <summary>A second device of the same pod, with a Nic of its own.</summary>
    internal async Task<Workload> CreateDeviceAsync(Workload first, string device, CancellationToken cancellationToken)
    {
        var (addresses, mac) = NextAddresses();
        await Api.AnnotateAsync(first.Pod, FabricApi.ForInterface(FabricApi.SubnetAnnotation, device), "web", cancellationToken);
        var nic = await Api.CreateNicAsync(first.Pod, cancellationToken, device);
        var second = new Workload(first.Pod, nic, first.Sandbox.Device(device), addresses, mac);
        _workloads.Enqueue(second);
        await MakeReadyAsync(second, cancellationToken);
        return second;
    }

    /// <summary>Gives a container's Nic what it needs, as the control plane does.</summary>
    internal async Task GiveAsync(Nic nic, EquatableArray<IpInterfaceAddress> addresses, MacAddress mac, CancellationToken cancellationToken) =>
        await MakeReadyAsync(new Workload(new Pod { Metadata = new ObjectMeta() }, nic, null!, addresses, mac), cancellationToken);

    /// <summary>Addresses that no other endpoint of this run has.</summary>
    internal (EquatableArray<IpInterfaceAddress> Addresses, MacAddress Mac) NextAddresses()
    {
        var number = 10 + Interlocked.Increment(ref _count);
        return ([IpInterfaceAddress.Parse($"10.88.{number >> 8}.{number & 255}/16"), IpInterfaceAddress.Parse($"fd88::{number:x}/64")], MacAddress.Parse($"02:00:00:88:{number >> 8:x2}:{number & 255:x2}"));
    }

    private async Task<Workload> CreateUnreadyAsync(CancellationToken cancellationToken)
    {
        var number = 10 + Interlocked.Increment(ref _count);
        var pod = await Api.CreatePodAsync($"pod-{number}", cancellationToken);
        var nic = await Api.CreateNicAsync(pod, cancellationToken);
        var workload = new Workload(pod, nic, new Sandbox(pod), [IpInterfaceAddress.Parse($"10.88.{number >> 8}.{number & 255}/16"), IpInterfaceAddress.Parse($"fd88::{number:x}/64")], MacAddress.Parse($"02:00:00:88:{number >> 8:x2}:{number & 255:x2}"));
        _workloads.Enqueue(workload);
        return workload;
    }

    /// <summary>What the control plane does when it has looked at the Nic: claims, OVN's port, the status.</summary>
    internal async Task MakeReadyAsync(Workload workload, CancellationToken cancellationToken, bool scheduled = false, NicQos? qos = null)
    {
        Switch.Northbound(PortCommands(workload));
        await SayReadyAsync(workload, scheduled, cancellationToken, qos);
    }

    private static string[] PortCommands(Workload workload)
    {
        var port = workload.Port;
        var addresses = $"{workload.Mac} {string.Join(' ', workload.Addresses.Select(each => each.Address))}";
        return
        [
            "--may-exist", "lsp-add", "web", port, "--", "lsp-set-addresses", port, addresses, "--", "lsp-set-port-security", port, addresses,
            "--", "lsp-set-options", port, $"requested-chassis={SwitchFixture.NodeName}",
        ];
    }

    private Task<Nic> SayReadyAsync(Workload workload, bool scheduled, CancellationToken cancellationToken, NicQos? qos = null) =>
        Api.SetStatusAsync(
            workload.Nic,
            status => status with
            {
                MacAddress = workload.Mac,
                Addresses = workload.Addresses,
                Gateways = [IpAddress.Parse(Gateway4), IpAddress.Parse(Gateway6)],
                DnsServers = [IpAddress.Parse("10.88.0.53"), IpAddress.Parse("fd88::53")],
                Domain = "web.example",
                Mtu = 1400,
                Port = workload.Port,
                Node = scheduled ? SwitchFixture.NodeName : null,
                Qos = qos ?? status.Qos,
                Conditions = [new Condition { Type = Condition.Ready, Status = "True", Reason = "Granted" }],
            },
            cancellationToken);
}

/// <summary>An agent that serves in the place of the usual one.</summary>
internal sealed record OtherAgent(AgentProcess Agent, AgentProcess Usual) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        Agent.Dispose();
        await Usual.StartAsync();
    }
}

/// <summary>A pod, its Nic and its sandbox.</summary>
internal sealed record Workload(Pod Pod, Nic Nic, Sandbox Sandbox, EquatableArray<IpInterfaceAddress> Addresses, MacAddress Mac) : IDisposable
{
    public IpInterfaceAddress Address => Addresses[0];

    public IpInterfaceAddress Address6 => Addresses[1];

    public string Port => $"{Nic.Metadata.Namespace}/{Nic.Metadata.Name}";

    public void Dispose() => Sandbox.Dispose();
}
