using Fabric.Grains.Claims;
using Fabric.Grains.Events;
using Fabric.Grains.IPPools;
using Fabric.Grains.Nics;
using Fabric.Grains.QosPolicies;
using Fabric.Grains.Realization;
using Fabric.Grains.Runtime;
using Fabric.Grains.SecurityGroups;
using Fabric.Grains.StaticIPs;
using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Grains.Workloads;

namespace Fabric.Grains;

/// <summary>Puts Fabric's grains into a runtime.</summary>
public static class FabricGrains
{
    /// <summary>The MTU that Geneve with OVN's option leaves of an underlay of 1500 bytes.</summary>
    public const int DefaultMtu = 1442;

    /// <summary>A runtime that hosts Fabric's grains.</summary>
    /// <param name="store">Where the objects are.</param>
    /// <param name="realizer">Makes the network.</param>
    /// <param name="events">Is told what people should know.</param>
    /// <param name="defaultMtu">The MTU of Subnets that name none, in bytes.</param>
    /// <param name="options">How the runtime keeps its grains.</param>
    /// <param name="view">The claims as last seen; read from the store each time when null.</param>
    /// <param name="placement">Where workloads are scheduled; when null a Nic has a node only while it is attached.</param>
    public static GrainRuntime CreateRuntime(
        IObjectStore store, INetworkRealizer realizer, IEventSink events, int defaultMtu = DefaultMtu, GrainRuntimeOptions? options = null, IClaimView? view = null,
        INicPlacement? placement = null)
    {
        var claims = view ?? new StoredClaims(store);
        var places = placement ?? new NoPlacement();
        var subnets = new SubnetLister(store);
        var runtime = new GrainRuntime(store, options);
        runtime.Register<IVpcGrain>(context => new VpcGrain(context, realizer, claims), (host, key) => new VpcGrainReference(host, key));
        runtime.Register<ISubnetGrain>(context => new SubnetGrain(context, realizer, events, claims), (host, key) => new SubnetGrainReference(host, key));
        runtime.Register<INicGrain>(context => new NicGrain(context, realizer, events, claims, places, defaultMtu), (host, key) => new NicGrainReference(host, key));
        runtime.Register<IStaticIPGrain>(context => new StaticIPGrain(context, events, claims), (host, key) => new StaticIPGrainReference(host, key));
        runtime.Register<IIPPoolGrain>(context => new IPPoolGrain(context, events), (host, key) => new IPPoolGrainReference(host, key));
        runtime.Register<IQosPolicyGrain>(context => new QosPolicyGrain(context), (host, key) => new QosPolicyGrainReference(host, key));
        runtime.Register<ISecurityGroupGrain>(context => new SecurityGroupGrain(context), (host, key) => new SecurityGroupGrainReference(host, key));
        runtime.Register<IWorkloadGrain>(context => new WorkloadGrain(context, events, subnets), (host, key) => new WorkloadGrainReference(host, key));
        return runtime;
    }
}
