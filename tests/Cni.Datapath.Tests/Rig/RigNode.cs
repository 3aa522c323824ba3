using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Bpf.FastPath.Uplinks;
using Cni.Datapath.Shaping;
using Cni.Netlink;
using Fabric.Primitives;
using Lab.Runner.State;
using Lab.Runner.Topology;
using Microsoft.Extensions.Logging.Abstractions;
using Node.Testing;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Datapath.Tests.Rig;

/// <summary>A node of the rig: what an agent runs for the datapath, in this process.</summary>
internal sealed class RigNode(FastPathRig rig, NodeRecord record) : IIngressHooks, IAsyncDisposable
{
    private readonly RouteSocket _links = NetnsScope.OpenSocket($"/run/netns/{record.Namespace}");
    private readonly List<RigEndpoint> _plugged = [];
    private OvsdbClient? _ovsdb;
    private CancellationTokenSource? _ending;
    private Task? _following;

    public string Name => record.Name;

    public string Namespace => record.Namespace;

    public string Address => record.Address;

    public EndpointDatapath Datapath { get; private set; } = null!;

    public EndpointShapers Shapers { get; private set; } = null!;

    public FastPathFeeder Feeder { get; private set; } = null!;

    public FlowCache Flows => Datapath.FastPath!;

    public OvsdbReplica Vswitch => _ovsdb!.Replica;

    /// <summary>Ages short enough for a test to see them pass.</summary>
    public FastPathAges Ages { get; set; } = new();

    public DatapathOptions Options { get; set; } = new();

    public async Task StartAsync()
    {
        _ovsdb = new OvsdbClient(VswitchClient.Options(OvsdbEndpoint.Unix(record.OvsSocket), NullLogger.Instance));
        await _ovsdb.WaitConnectedAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        Load();
        await Eventually.HoldsAsync(() => Feeder.State.IsEnabled || !Options.FastPath);
    }

    /// <summary>Another agent takes over, as after an upgrade.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        Load();
        await Eventually.HoldsAsync(() => Feeder.State.IsEnabled || !Options.FastPath);
    }

    /// <summary>The agent ends; what it attached stays.</summary>
    public async Task StopAsync()
    {
        if (_ending is null)
        {
            return;
        }

        await _ending.CancelAsync();
        await _following!.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        _ending = null;
        Datapath.Dispose();
    }

    public async Task PlugAsync(RigEndpoint endpoint)
    {
        using (var pod = NetnsScope.OpenNamespace($"/run/netns/{endpoint.PodNamespace}"))
        {
            _links.CreateVethPair(new VethPair
            {
                HostName = endpoint.Host,
                PeerName = "eth0",
                PeerMac = MacAddress.Parse(endpoint.Mac),
                Mtu = new Mtu(endpoint.Mtu),
                PeerNamespace = pod,
            });
        }

        Switch(
            "add-port", "br-int", endpoint.Port, "--", "set", "Interface", endpoint.Port, "type=internal", $"mtu_request={endpoint.Mtu}",
            $"external_ids:iface-id={endpoint.Name}");
        await Eventually.HoldsAsync(() => _links.FindLink(endpoint.Port) is not null);
        endpoint.Node = this;
        endpoint.Devices = new EndpointDevices(_links.FindLink(endpoint.Host)!.Index, _links.FindLink(endpoint.Port)!.Index);
        _links.SetUp(endpoint.Devices.OvsIndex);
        Datapath.Attach(endpoint.Devices);
        _links.SetUp(endpoint.Devices.HostIndex);
        endpoint.Configure();
        _plugged.Add(endpoint);
        await Eventually.HoldsAsync(() => Switch("get", "Interface", endpoint.Port, "external_ids").Contains("ovn-installed", StringComparison.Ordinal));
    }

    /// <summary>Holds an endpoint to limits, as the agent does when it is told them.</summary>
    public string? Limit(RigEndpoint endpoint, EndpointLimits limits)
    {
        endpoint.IsInSum = limits.Sum is not null;
        return Shapers.Apply(endpoint.Devices, endpoint.Shaper, new Mtu(endpoint.Mtu), limits);
    }

    /// <summary>Says how important an endpoint is and what it may send from besides, as the agent does when it is told.</summary>
    public void Prioritize(RigEndpoint endpoint, int priority, params IEnumerable<string> allowed)
    {
        string[] own = [$"{endpoint.Address}/32", .. endpoint.Address6 is { } address6 ? [$"{address6}/128"] : (string[])[]];
        Datapath.SetSender(endpoint.Devices, new UplinkSender(endpoint.Network, [.. own.Concat(allowed).Select(text => IpPrefix.Parse(text))], priority));
    }

    public bool HasLink(string name) => _links.FindLink(name) is not null;

    public Task UnplugAsync(RigEndpoint endpoint)
    {
        Switch("--if-exists", "del-port", endpoint.Port);
        _links.DeleteLink(endpoint.Host);
        Shapers.Remove(endpoint.Shaper);
        Datapath.Forget(endpoint.Devices);
        _plugged.Remove(endpoint);
        return Task.CompletedTask;
    }

    public string Switch(params string[] arguments) => Command.Run("ovs-vsctl", [$"--db=unix:{record.OvsSocket}", "--timeout=20", .. arguments]);

    /// <summary>What ovn-controller has logged, which other processes may read while it writes.</summary>
    public IEnumerable<string> ControllerLog() => File.ReadLines($"{record.Folder}/ovn-controller.log");

    public string Appctl(params string[] arguments) => Command.Run("ovs-appctl", ["-t", $"{record.Folder}/ovs-vswitchd.ctl", .. arguments]);

    /// <returns>Null while no ovs-vswitchd answers.</returns>
    public string? TryAppctl(params string[] arguments)
    {
        try
        {
            return Appctl(arguments);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>ovs-vswitchd dies, something is done meanwhile, and another is started.</summary>
    public async Task RestartSwitchAsync(Func<Task> meanwhile)
    {
        Command.Run("kill", "-KILL", File.ReadAllText($"{record.Folder}/ovs-vswitchd.pid").Trim());
        await meanwhile();
        await NodeNetwork.StartVswitchdAsync(record, rig.Launcher, CancellationToken.None);
    }

    /// <summary>Has the switch stand still while something is done; frames wait in its devices.</summary>
    public void WithSwitchHeld(Action action)
    {
        var daemon = File.ReadAllText($"{record.Folder}/ovs-vswitchd.pid").Trim();
        Command.Run("kill", "-STOP", daemon);
        try
        {
            action();
        }
        finally
        {
            Command.Run("kill", "-CONT", daemon);
        }
    }

    /// <summary>What the wire to the other node does itself.</summary>
    public void SetOffloads(IReadOnlyList<string> offloads) => Run("ethtool", ["-K", "eth0", .. offloads]);

    public string Run(string file, params string[] arguments) => Command.Run("nsenter", [$"--net=/run/netns/{record.Namespace}", file, .. arguments]);

    public ulong Happened(FastPathEvent what) => Flows.ReadEvents().FirstOrDefault(each => each.Event == what).Times;

    public void Attach(int linkIndex, SafeHandle program, string name)
    {
        _links.EnsureClsact(linkIndex);
        _links.AttachIngress(linkIndex, program, name);
    }

    public void Detach(int linkIndex) => _links.DetachIngress(linkIndex);

    public uint? FindRunning(string name) => _links.GetLinks()
        .SelectMany(link => _links.GetIngressFilters(link.Index))
        .FirstOrDefault(filter => filter.Name == name)?.ProgramId;

    /// <summary>The kernel's number of the program that looks at what an endpoint sends.</summary>
    public uint ProgramOf(RigEndpoint endpoint) => _links.GetIngressFilters(endpoint.Devices.HostIndex).Single().ProgramId;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ovsdb is not null)
        {
            await _ovsdb.DisposeAsync();
        }

        _links.Dispose();
    }

    private void Load()
    {
        Datapath = EndpointDatapath.Load(this, Options);
        Shapers = new EndpointShapers(_links, Datapath, $"/run/netns/{record.Namespace}");
        foreach (var endpoint in _plugged)
        {
            Shapers.Recover(endpoint.Devices, endpoint.Shaper, endpoint.IsInSum ? RigEndpoint.Sum : null);
            Datapath.Attach(endpoint.Devices);
        }

        Feeder = new FastPathFeeder(
            Datapath, _ovsdb!.Replica, _links,
            new FastPathOptions { Chassis = Name, SwitchFolder = record.Folder, Southbound = [OvsdbEndpoint.Unix(rig.SouthboundSocket)], Ages = Ages });
        _ending = new CancellationTokenSource();
        _following = Feeder.RunAsync(_ending.Token);
    }
}
