using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Realization;
using Fabric.Realization.Tests;
using Fabric.Resources;
using Microsoft.Extensions.Logging.Abstractions;
using Ovs.Ovsdb;

namespace Cni.Datapath.Tests.Rig;

/// <summary>Pods of the rig whose ports and rules the product itself makes, as it does for Nics.</summary>
internal sealed class GuardedPods : IAsyncDisposable
{
    private const string Vpc = "v";

    private static readonly string[] Subnets = ["s1", "s2"];

    private readonly FastPathRig _rig;
    private readonly OvsdbClient _client;
    private readonly List<RigEndpoint> _pods = [];
    private readonly HashSet<PolicyId> _policies = [];
    private readonly HashSet<PeerSelector> _peers = [];

    private GuardedPods(FastPathRig rig)
    {
        _rig = rig;
        _client = new OvsdbClient(NorthboundRealizer.Options([OvsdbEndpoint.Unix(rig.NorthboundSocket)], NullLogger.Instance));
        Realizer = new NorthboundRealizer(_client, new RenderSettings(), TimeProvider.System, NullLogger<NorthboundRealizer>.Instance, World);
    }

    public PolicyWorld World { get; } = new();

    public NorthboundRealizer Realizer { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<GuardedPods> StartAsync(FastPathRig rig)
    {
        var pods = new GuardedPods(rig);
        await pods.Realizer.ApplyAsync(new Vpc { Metadata = new() { Name = Vpc } }, Token);
        foreach (var (name, number) in Subnets.Select((name, i) => (name, i + 1)))
        {
            await pods.Realizer.ApplyAsync(
                new Subnet
                {
                    Metadata = new() { Name = name },
                    Spec = new() { Vpc = Vpc, Ipv4 = new() { Cidr = IpPrefix.Parse($"10.0.{number}.0/24") }, Ipv6 = new() { Cidr = IpPrefix.Parse($"fd00:{number}::/64") } },
                },
                Token);
        }

        return pods;
    }

    /// <summary>A pod whose Nic is in the subnet that its address tells.</summary>
    public async Task<RigEndpoint> AddAsync(RigNode node, PolicyEndpoint nic, Func<NicSpec, NicSpec>? change = null)
    {
        World.Set(nic);
        var subnet = $"s{nic.Addresses[0].ToString().Split('.')[2]}";
        var bytes = new byte[4];
        nic.Addresses[0].TryWriteBytes(bytes, out _);
        var pod = _rig.Prepare(subnet, nic.Addresses[0].ToString(), $"02:00:{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}:{bytes[3]:x2}", nic.Addresses[1].ToString());
        await SetAsync(node, nic, pod, change);
        await node.PlugAsync(pod);
        _pods.Add(pod);
        return pod;
    }

    /// <summary>The pod ends, and its Nic with it.</summary>
    public async Task RemoveAsync(RigEndpoint pod, PolicyEndpoint nic)
    {
        await Realizer.RemoveAsync(RowOwner.Nic(nic.Nic), Token);
        await _rig.RemoveAsync(pod);
        _pods.Remove(pod);
    }

    /// <summary>Has the pod's Nic say something else.</summary>
    public async Task SetAsync(RigNode node, PolicyEndpoint nic, RigEndpoint pod, Func<NicSpec, NicSpec>? change = null)
    {
        var spec = new NicSpec { Subnet = pod.Network, Interface = "eth0", Owner = new() { Kind = NicOwnerKind.Pod, Name = nic.Nic.Name, Uid = "u" } };
        await Realizer.ApplyAsync(
            new Nic
            {
                Metadata = new() { Namespace = nic.Nic.Namespace, Name = nic.Nic.Name, Labels = nic.Labels },
                Spec = change?.Invoke(spec) ?? spec,
                Status = new()
                {
                    Port = pod.Name,
                    MacAddress = MacAddress.Parse(pod.Mac),
                    Addresses = [.. nic.Addresses.Select(address => new IpInterfaceAddress(address, address.IsV4 ? 24 : 64))],
                    Node = node.Name,
                },
            },
            Token);
    }

    /// <summary>Has policies be in force, and waits until both nodes have installed them.</summary>
    public async Task ApplyAsync(params IEnumerable<CompiledPolicy> policies)
    {
        foreach (var policy in policies)
        {
            World.Set(policy);
            _policies.Add(policy.Id);
        }

        await World.RealizeAsync(Realizer, Token);
        _peers.UnionWith(World.Policies.SelectMany(policy => policy.Peers));
        await InstalledAsync();
    }

    /// <summary>The Nic has other labels, and is in other groups once that is seen.</summary>
    public void Relabel(PolicyEndpoint nic)
    {
        World.Set(nic);
        Realizer.Reconsider([nic.Nic]);
    }

    /// <summary>Waits until both nodes have installed what is in the database now.</summary>
    public Task InstalledAsync()
    {
        _rig.FollowVersion();
        // Under a number of its own: a port that was plugged in, of which the other node may hear later, raises none.
        _rig.Policy();
        return _rig.InstalledAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var policy in _policies)
        {
            World.Remove(policy);
            await Realizer.RemoveAsync(RowOwner.Policy(policy), CancellationToken.None);
        }

        foreach (var peers in _peers)
        {
            await Realizer.RemoveAsync(RowOwner.Peers(Vpc, peers.Key), CancellationToken.None);
        }

        foreach (var nic in World.Nics)
        {
            await Realizer.RemoveAsync(RowOwner.Nic(nic.Nic), CancellationToken.None);
        }

        foreach (var pod in _pods)
        {
            await _rig.RemoveAsync(pod);
        }

        foreach (var subnet in Subnets)
        {
            await Realizer.RemoveAsync(RowOwner.Subnet(subnet), CancellationToken.None);
        }

        await Realizer.RemoveAsync(RowOwner.Vpc(Vpc), CancellationToken.None);
        await Realizer.DisposeAsync();
        await _client.DisposeAsync();
        _rig.FollowVersion();
    }
}
