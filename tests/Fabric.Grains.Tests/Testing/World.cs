using System.Collections.Concurrent;
using Fabric.Grains.Events;
using Fabric.Grains.IPPools;
using Fabric.Grains.Nics;
using Fabric.Grains.Runtime;
using Fabric.Grains.StaticIPs;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Grains.Tests.Testing;

/// <summary>A store, a network and one control plane.</summary>
internal sealed class World : IEventSink, IAsyncDisposable
{
    public World(TimeProvider? time = null)
    {
        Store = new MemoryStore(time);
        Runtime = FabricGrains.CreateRuntime(Store, Realizer, this, options: new GrainRuntimeOptions { Time = time ?? TimeProvider.System }, placement: Placement);
    }

    public MemoryStore Store { get; }

    public RecordingRealizer Realizer { get; } = new();

    public GrainRuntime Runtime { get; }

    public Schedule Placement { get; } = new();

    public ConcurrentQueue<(string Name, string Reason, string Message)> Warnings { get; } = new();

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task<World> WithVpcAsync(string name = "default", params string[] namespaces)
    {
        Store.Put(ResourceTypes.Vpcs, new Vpc { Metadata = new ObjectMeta { Name = name }, Spec = new VpcSpec { Namespaces = [.. namespaces] } });
        await Runtime.GetGrain<IVpcGrain>(new ObjectKey(name)).ReconcileAsync(Token);
        return this;
    }

    public async Task<Subnet> AddSubnetAsync(string name, string cidr, Func<SubnetSpec, SubnetSpec>? change = null)
    {
        var spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse(cidr) } };
        Store.Put(ResourceTypes.Subnets, new Subnet { Metadata = new ObjectMeta { Name = name }, Spec = change?.Invoke(spec) ?? spec });
        return await ReconcileSubnetAsync(name);
    }

    public async Task<Subnet> ReconcileSubnetAsync(string name)
    {
        await SubnetGrain(name).ReconcileAsync(Token);
        return Store.Get(ResourceTypes.Subnets, new ObjectKey(name));
    }

    public ISubnetGrain SubnetGrain(string name) => Runtime.GetGrain<ISubnetGrain>(new ObjectKey(name));

    public async Task<Nic> AddNicAsync(string name, string subnet, string? address = null, string? mac = null, string ns = "a")
    {
        Store.Put(ResourceTypes.Nics, NewNic(name, subnet, address, mac, ns));
        return await ReconcileNicAsync(name, ns);
    }

    public static Nic NewNic(string name, string subnet, string? address = null, string? mac = null, string ns = "a") => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = ns },
        Spec = new NicSpec
        {
            Subnet = subnet,
            Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = name, Uid = "owner-" + name },
            Interface = "eth0",
            Addresses = address is null ? [] : [IpAddress.Parse(address)],
            MacAddress = mac is null ? null : MacAddress.Parse(mac),
        },
    };

    public async Task<Nic> ReconcileNicAsync(string name, string ns = "a")
    {
        await Runtime.GetGrain<INicGrain>(new ObjectKey(ns, name)).ReconcileAsync(Token);
        return Store.Get(ResourceTypes.Nics, new ObjectKey(ns, name));
    }

    public async Task DeleteNicAsync(string name, string ns = "a")
    {
        var nic = Store.Get(ResourceTypes.Nics, new ObjectKey(ns, name));
        await Store.DeleteAsync(ResourceTypes.Nics, new ObjectKey(ns, name), nic.Metadata.Uid!, Token);
        await ReconcileNicAsync(name, ns);
    }

    public async Task<Nic> ChangeNicAsync(string name, Func<NicSpec, NicSpec> change)
    {
        var nic = Store.Get(ResourceTypes.Nics, new ObjectKey("a", name));
        await Store.UpdateAsync(ResourceTypes.Nics, nic with { Spec = change(nic.Spec) }, Token);
        return await ReconcileNicAsync(name);
    }

    public async Task<StaticIP> AddStaticIPAsync(string name, StaticIPSpec spec, string ns = "a")
    {
        Store.Put(ResourceTypes.StaticIPs, new StaticIP { Metadata = new ObjectMeta { Name = name, Namespace = ns }, Spec = spec });
        return await ReconcileStaticIPAsync(name, ns);
    }

    public async Task<StaticIP> ReconcileStaticIPAsync(string name, string ns = "a")
    {
        await Runtime.GetGrain<IStaticIPGrain>(new ObjectKey(ns, name)).ReconcileAsync(Token);
        return Store.Get(ResourceTypes.StaticIPs, new ObjectKey(ns, name));
    }

    public async Task DeleteStaticIPAsync(string name, string ns = "a")
    {
        var kept = Store.Get(ResourceTypes.StaticIPs, new ObjectKey(ns, name));
        await Store.DeleteAsync(ResourceTypes.StaticIPs, new ObjectKey(ns, name), kept.Metadata.Uid!, Token);
        await ReconcileStaticIPAsync(name, ns);
    }

    public async Task<IPPool> AddPoolAsync(string name, IPPoolSpec spec)
    {
        Store.Put(ResourceTypes.IPPools, new IPPool { Metadata = new ObjectMeta { Name = name }, Spec = spec });
        return await ReconcilePoolAsync(name);
    }

    public async Task<IPPool> ReconcilePoolAsync(string name)
    {
        await Runtime.GetGrain<IIPPoolGrain>(new ObjectKey(name)).ReconcileAsync(Token);
        return Store.Get(ResourceTypes.IPPools, new ObjectKey(name));
    }

    /// <summary>Plugs a Nic into a pod, as a node's agent does.</summary>
    public async Task<Nic> PlugInAsync(string name, string node = "n1")
    {
        var pod = Store.Put(ResourceTypes.Pods, new Pod { Metadata = new ObjectMeta { Name = "pod-" + name, Namespace = "a" } });
        var nic = Store.Get(ResourceTypes.Nics, new ObjectKey("a", name));
        var attachment = new NicAttachment { Node = node, PodName = pod.Metadata.Name!, PodUid = pod.Metadata.Uid!, Phase = AttachmentPhase.Attached };
        await Store.UpdateStatusAsync(ResourceTypes.Nics, nic with { Status = (nic.Status ?? new NicStatus()) with { Attachments = [attachment] } }, Token);
        return await ReconcileNicAsync(name);
    }

    public async Task<Nic> UnplugAsync(string name)
    {
        var pod = Store.Get(ResourceTypes.Pods, new ObjectKey("a", "pod-" + name));
        await Store.DeleteAsync(ResourceTypes.Pods, new ObjectKey("a", "pod-" + name), pod.Metadata.Uid!, Token);
        return await ReconcileNicAsync(name);
    }

    public string[] ClaimedAddresses => [.. Store.List(ResourceTypes.IPClaims).Select(claim => claim.Spec.Address.ToString())];

    void IEventSink.Normal(ObjectReference about, string reason, string message)
    {
    }

    void IEventSink.Warning(ObjectReference about, string reason, string message) => Warnings.Enqueue((about.Name!, reason, message));

    public ValueTask DisposeAsync() => Runtime.DisposeAsync();
}

internal static class Said
{
    public static Condition Ready(this Nic nic) => nic.Status!.Conditions.Find(Condition.Ready)!;

    public static Condition Ready(this Subnet subnet) => subnet.Status!.Conditions.Find(Condition.Ready)!;

    public static Condition Ready(this StaticIP kept) => kept.Status!.Conditions.Find(Condition.Ready)!;

    public static Condition Ready(this IPPool pool) => pool.Status!.Conditions.Find(Condition.Ready)!;

    public static string Source(this Nic nic, string field) => nic.Status!.Sources.Single(source => source.Field == field).Source;

    public static string Address(this Nic nic) => nic.Status!.Addresses[0].Address.ToString();
}
