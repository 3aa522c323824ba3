using System.Net;
using Fabric.ApiServer;
using Fabric.Grains;
using Fabric.Grains.Events;
using Fabric.Grains.Nics;
using Fabric.Grains.Realization;
using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Grains.Tests.Testing;
using Fabric.Grains.Vpcs;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Server.Control;
using Fabric.Server.Storage;

namespace Fabric.Server.Tests;

/// <summary>The claim that nothing is allocated twice, shown on the real API server and not only on its model.</summary>
public sealed class AllocationOverTheApiTests
{
    private const int Nics = 12;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_control_planes_that_lose_answers_and_die_hold_no_address_twice_and_leak_none()
    {
        var folder = Directory.CreateTempSubdirectory("fabric-claims-").FullName;
        await using (var host = await ApiServerHost.StartAsync(
            new ApiServerOptions { DataDirectory = folder, Listen = [new IPEndPoint(IPAddress.Loopback, 0)], CrdDirectories = [Path.Combine(AppContext.BaseDirectory, "crds")] }, Token))
        {
            using var client = new KubeClient(KubeConnection.FromFile(host.AdminKubeconfigPath));
            var store = new KubeObjectStore(client, new Watched(client));
            await using var healthy = NewPlane(store);
            await PrepareAsync(store, healthy);

            await Task.WhenAll(Enumerable.Range(0, 3).Select(plane => RunPlaneAsync(store, seed: 40 + plane)));

            await Sweep.RunAsync(healthy, store, Token);
            foreach (var nic in await store.ListAsync(ResourceTypes.Nics, labels: null, Token))
                await healthy.GetGrain<INicGrain>(ResourceTypes.Nics.KeyOf(nic)).ReconcileAsync(Token);
            await CheckAsync(store);
        }
        Directory.Delete(folder, recursive: true);
    }

    private static async Task PrepareAsync(KubeObjectStore store, GrainRuntime plane)
    {
        await store.CreateAsync(ResourceTypes.Vpcs, new Vpc { Metadata = new ObjectMeta { Name = "default" } }, Token);
        await store.CreateAsync(
            ResourceTypes.Subnets, new Subnet { Metadata = new ObjectMeta { Name = "s" }, Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse("10.0.0.0/28") } } }, Token);
        await plane.GetGrain<IVpcGrain>(new ObjectKey("default")).ReconcileAsync(Token);
        await plane.GetGrain<ISubnetGrain>(new ObjectKey("s")).ReconcileAsync(Token);
    }

    private static async Task RunPlaneAsync(KubeObjectStore store, int seed)
    {
        var random = new Random(seed);
        for (var life = 0; life < 3; life++)
        {
            var lossy = new FlakyStore(store, random.Next(), loss: 0.04);
            await using var plane = NewPlane(lossy);
            var dies = random.Next(10, 40);
            for (var step = 0; step < 40; step++)
            {
                if (step == dies)
                    lossy.Kill();
                var key = new ObjectKey("default", $"nic{random.Next(Nics)}");
                try
                {
                    await UserActsAsync(store, random, key);
                    await plane.GetGrain<INicGrain>(key).ReconcileAsync(Token);
                }
                catch (Exception e) when (e is IOException or StaleStateException)
                {
                    // The work queue would come again.
                }
            }
        }
    }

    private static async Task UserActsAsync(KubeObjectStore store, Random random, ObjectKey key)
    {
        var nic = await store.GetAsync(ResourceTypes.Nics, key, Token);
        EquatableArray<IpAddress> wanted = random.Next(3) == 0 ? [IpAddress.Parse($"10.0.0.{random.Next(2, 15)}")] : [];
        if (nic is null)
            await store.CreateAsync(ResourceTypes.Nics, NewNic(key, wanted), Token);
        else if (random.Next(6) == 0)
            await store.DeleteAsync(ResourceTypes.Nics, key, nic.Metadata.Uid!, Token);
        else if (random.Next(4) == 0)
            await store.UpdateAsync(ResourceTypes.Nics, nic with { Spec = nic.Spec with { Addresses = wanted } }, Token);
    }

    private static Nic NewNic(ObjectKey key, EquatableArray<IpAddress> wanted) => new()
    {
        Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace },
        Spec = new NicSpec { Subnet = "s", Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = key.Name, Uid = "u" }, Interface = "eth0", Addresses = wanted },
    };

    private static async Task CheckAsync(KubeObjectStore store)
    {
        var nics = await store.ListAsync(ResourceTypes.Nics, labels: null, Token);
        var claims = await store.ListAsync(ResourceTypes.IPClaims, labels: null, Token);
        Assert.NotEmpty(nics);
        Assert.DoesNotContain(nics, nic => nic.Metadata.IsDeleting);
        Assert.Equal(
            nics.SelectMany(nic => (nic.Status?.Addresses ?? []).Select(address => (address.Address.ToString(), nic.Metadata.Uid!))).Order(),
            claims.Select(claim => (claim.Spec.Address.ToString(), claim.Spec.Owner!.Uid)).Order());
        Assert.Equal(claims.Count, claims.Select(claim => claim.Spec.Address).Distinct().Count());
    }

    private static GrainRuntime NewPlane(IObjectStore store) => FabricGrains.CreateRuntime(store, new NoNetwork(), new NoEvents());

    private sealed class NoNetwork : INetworkRealizer
    {
        public Task<string> ApplyAsync(Vpc vpc, CancellationToken cancellationToken) => Task.FromResult("router");

        public Task<string> ApplyAsync(Subnet subnet, CancellationToken cancellationToken) => Task.FromResult("switch");

        public Task ApplyAsync(Nic nic, Subnet subnet, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task RemoveVpcAsync(string vpc, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task RemoveSubnetAsync(string subnet, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task RemoveNicAsync(ObjectKey nic, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class NoEvents : IEventSink
    {
        public void Normal(ObjectReference about, string reason, string message)
        {
        }

        public void Warning(ObjectReference about, string reason, string message)
        {
        }
    }
}
