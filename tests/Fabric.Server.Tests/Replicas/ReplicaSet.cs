using System.Net;
using Fabric.ApiServer;
using Fabric.ApiServer.Authentication;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Primitives;
using Fabric.Realization;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Server.Admission;
using Fabric.Server.Sharing;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;
using Condition = Fabric.Resources.Condition;

namespace Fabric.Server.Tests.Replicas;

/// <summary>Several replicas on one API server, which is in this process, and one northbound database.</summary>
internal sealed class ReplicaSet : IAsyncDisposable
{
    public const int LeaseSeconds = 3;

    private const string Foreign = "theirs";

    private readonly string _folder;
    private readonly OvsdbServer _ovsdb;
    private readonly ApiServerHost _api;
    private readonly Dictionary<string, Replica> _replicas = new(StringComparer.Ordinal);

    private ReplicaSet(string folder, OvsdbServer ovsdb, ApiServerHost api, OvsdbClient northbound)
    {
        _folder = folder;
        _ovsdb = ovsdb;
        _api = api;
        Northbound = northbound;
        Client = new KubeClient(KubeConnection.FromFile(api.AdminKubeconfigPath));
        // As on a cluster, they may do what their work needs and no more. A copy is as private as its original.
        Kubeconfig = Path.Combine(folder, "server.kubeconfig");
        File.Copy(api.AdminKubeconfigPath, Kubeconfig);
        File.WriteAllText(Kubeconfig, api.CreateKubeconfig("fabric:server", [UserInfo.Servers]));
    }

    public KubeClient Client { get; }

    /// <summary>The northbound database as somebody else sees it.</summary>
    public OvsdbClient Northbound { get; }

    /// <summary>What replicas started from now on are given.</summary>
    public string Kubeconfig { get; private set; }

    public IPEndPoint Endpoint => _api.Endpoints[0];

    public IReadOnlyCollection<Replica> Running => _replicas.Values;

    public KubeResource<Pod> Pods => Client.Resource(ResourceTypes.Pods);

    public KubeResource<Nic> Nics => Client.Resource(ResourceTypes.Nics);

    public KubeResource<Lease> Leases => Client.Resource(ResourceTypes.Leases);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ReplicaSet> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("fabric-replicas-").FullName;
        var ovsdb = await OvsdbServer.StartAsync(OvsdbServer.NorthboundSchema, "nb");
        var api = await ApiServerHost.StartAsync(
            new ApiServerOptions
            {
                DataDirectory = Path.Combine(folder, "data"),
                Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
                CrdDirectories = [Path.Combine(AppContext.BaseDirectory, "crds")],
                Admissions = [new NetworkAdmission()],
                HistoryPerResource = 200_000,
            },
            Token);
        var northbound = await ovsdb.ConnectAsync();
        await northbound.TransactAsync(
            Row.Insert(new LogicalSwitchPort { Name = Foreign, Addresses = ["unknown"] }, "p"),
            Row.Insert(new LogicalSwitch { Name = Foreign, Ports = [RowId.Named("p")] }));
        return new ReplicaSet(folder, ovsdb, api, northbound);
    }

    /// <summary>Has replicas that are started from now on reach the API by way of another port.</summary>
    public void ConnectThrough(int port)
    {
        var direct = Kubeconfig;
        Kubeconfig = Path.Combine(_folder, "detour");
        File.Copy(direct, Kubeconfig);
        File.WriteAllText(Kubeconfig, File.ReadAllText(Kubeconfig).Replace($":{Endpoint.Port}", $":{port}", StringComparison.Ordinal));
    }

    public Replica Start(string identity) =>
        _replicas[identity] = Replica.Start(identity, Path.Combine(_folder, $"{identity}.log"), Kubeconfig, _ovsdb.SocketPath);

    public void Kill(Replica replica)
    {
        replica.Kill();
        Forget(replica);
    }

    public void Terminate(Replica replica)
    {
        replica.Terminate();
        Forget(replica);
    }

    /// <summary>The replica that a Subnet belongs to when all that run, and no others, are taken for alive.</summary>
    public Replica OwnerOf(string subnet) =>
        _replicas[Rendezvous.OwnerOf([.. _replicas.Keys.Order(StringComparer.Ordinal)], SharingKey.Subnet(subnet).Text)!];

    /// <summary>The replicas that have a lease.</summary>
    public async Task<string[]> MembersAsync() =>
        [.. (await Leases.ListAsync(new ListOptions { Namespace = "kube-system" }, Token)).Items.Select(lease => lease.Metadata.Name!["fabric-server-".Length..]).Order(StringComparer.Ordinal)];

    public Task AddSubnetAsync(string name, string cidr, string? cidr6 = null) => Client.Resource(ResourceTypes.Subnets).CreateAsync(
        new Subnet
        {
            Metadata = new ObjectMeta { Name = name },
            Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse(cidr) }, Ipv6 = cidr6 is null ? null : new SubnetRange { Cidr = IpPrefix.Parse(cidr6) } },
        },
        Token);

    public Task<Pod> AddPodAsync(string name, string subnet, params (string Name, string Value)[] wishes) => Pods.CreateAsync(
        new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Namespace = "default",
                Annotations = [KeyValuePair.Create(FabricApi.SubnetAnnotation, subnet), .. wishes.Select(wish => KeyValuePair.Create(wish.Name, wish.Value))],
            },
            Spec = new PodSpec { Containers = [new PodContainer { Name = "c", Image = "none" }] },
        },
        Token);

    public Task DeletePodAsync(string name) => Pods.DeleteAsync(new ObjectKey("default", name), new DeleteOptions { GracePeriodSeconds = 0 }, Token);

    public async Task<bool> HasReadyNicAsync(string pod) =>
        (await Nics.GetAsync(new ObjectKey("default", $"pod.{pod}.eth0"), Token))?.Status?.Conditions.Find(Condition.Ready) is { IsTrue: true };

    public Task ReadyNicAsync(string pod) => HoldsAsync(() => HasReadyNicAsync(pod));

    public Task HoldsAsync(Func<Task<bool>> condition) => ControlPlane.EventuallyAsync(async () => await condition() ? this : null);

    /// <summary>The row of a pod's port in OVN, or null.</summary>
    public LogicalSwitchPort? Port(string pod) => Northbound.Snapshot.Table<LogicalSwitchPort>().FindByName($"default/pod.{pod}.eth0");

    /// <summary>The ports of Nics in OVN: name, MAC and addresses.</summary>
    public string[] Ports() =>
    [
        .. Northbound.Snapshot.Table<LogicalSwitchPort>()
            .Where(port => RowIdentity.Read(port.ExternalIds)?.Owner.Kind == RowOwnerKind.Nic)
            .Select(port => $"{port.Name} {string.Join(',', port.Addresses)}")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Waits until OVN has the ports of the Nics, as their statuses say, and no others.</summary>
    public async Task PortsSettleAsync()
    {
        try
        {
            await HoldsAsync(async () => (await WantedPortsAsync()).SequenceEqual(Ports()));
        }
        catch (Xunit.Sdk.XunitException)
        {
            // Which one it is.
            Assert.Equal(await WantedPortsAsync(), Ports());
        }
    }

    /// <summary>The ports that the Nics should have.</summary>
    public async Task<string[]> WantedPortsAsync() =>
    [
        .. (await Nics.ListAsync(ListOptions.All, Token)).Items
            .Select(nic => $"default/{nic.Metadata.Name} {nic.Status?.MacAddress} {string.Join(' ', (nic.Status?.Addresses ?? []).Select(address => address.Address))}")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether what is not Fabric's in OVN is as it was before.</summary>
    public bool ForeignRowsAreUntouched =>
        Northbound.Snapshot.Table<LogicalSwitchPort>().FindByName(Foreign) is { } port && port.Addresses.SequenceEqual(["unknown"]) && port.ExternalIds.Count == 0
        && Northbound.Snapshot.Table<LogicalSwitch>().Single(row => row.Name == Foreign) is { } its && its.Ports.Contains(port.Uuid) && its.ExternalIds.Count == 0;

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in Running)
        {
            replica.Dispose();
        }

        Client.Dispose();
        await Northbound.DisposeAsync();
        await _api.DisposeAsync();
        await _ovsdb.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void Forget(Replica replica)
    {
        Assert.Empty(replica.Complaints);
        _replicas.Remove(replica.Identity);
        replica.Dispose();
    }
}
