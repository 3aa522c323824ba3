using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Kube.Transport;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Server.Tests;

/// <summary>Nics of containers without a pod, which an agent makes and removes with its own token.</summary>
[Trait("kind", "ovs")]
public sealed class ContainerNicsTests : IAsyncLifetime
{
    private ControlPlane _plane = null!;
    private KubeClient _agent = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private KubeResource<Nic> Nics => _plane.Client.Resource(ResourceTypes.Nics);

    public async ValueTask InitializeAsync()
    {
        _plane = await ControlPlane.StartAsync();
        _agent = new KubeClient(KubeConnection.FromFile(_plane.AgentKubeconfig));
        await _plane.Client.Resource(ResourceTypes.Subnets).CreateAsync(
            new Subnet { Metadata = new ObjectMeta { Name = "usual" }, Spec = new SubnetSpec { Default = true, Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse("10.0.0.0/24") } } }, Token);
    }

    public async ValueTask DisposeAsync()
    {
        _agent.Dispose();
        await _plane.DisposeAsync();
    }

    [Fact]
    public async Task A_containers_nic_gets_addresses_is_nobodys_orphan_and_goes_when_its_agent_says()
    {
        await _agent.Resource(ResourceTypes.Nics).CreateAsync(NewNic("container.web-0a1b2c3d4e.eth0"), Token);
        var nic = await _plane.ReadyNicAsync("default", "container.web-0a1b2c3d4e.eth0");
        await _agent.Resource(ResourceTypes.Nics).MutateStatusAsync(
            ResourceTypes.Nics.KeyOf(nic),
            current => current with
            {
                Status = current.Status! with
                {
                    Attachments = [new NicAttachment { Node = "n1", PodName = "web", PodUid = "c-uid", ContainerId = "c1", Interface = "eth0", Phase = AttachmentPhase.Attached }],
                },
            },
            Token);
        await _plane.HoldsAsync(async () => (await Nics.GetAsync(ResourceTypes.Nics.KeyOf(nic), Token))?.Status is { Phase: NicPhase.Attached, Node: "n1" });

        // A control plane that starts looks at every Nic and every workload: there is no workload that would not want this one.
        await _plane.StopAsync();
        await _plane.RunAsync();
        _agent.Dispose();
        _agent = new KubeClient(KubeConnection.FromFile(_plane.AgentKubeconfig));
        await _plane.Client.Resource(ResourceTypes.Pods).CreateAsync(
            new Pod { Metadata = new ObjectMeta { Name = "web", Namespace = "default" }, Spec = new PodSpec { Containers = [new PodContainer { Name = "c", Image = "none" }] } }, Token);
        await _plane.ReadyNicAsync("default", "pod.web.eth0");
        var after = await Nics.GetAsync(ResourceTypes.Nics.KeyOf(nic), Token);
        Assert.Equal((nic.Metadata.Uid, NicPhase.Attached, false), (after?.Metadata.Uid, after?.Status?.Phase, after?.Metadata.IsDeleting));
        Assert.Equal(nic.Status!.Addresses, after!.Status!.Addresses);

        await _agent.Resource(ResourceTypes.Nics).DeleteAsync(ResourceTypes.Nics.KeyOf(nic), new DeleteOptions { Uid = nic.Metadata.Uid }, Token);
        await _plane.HoldsAsync(async () => (await _plane.PortsAsync()).Length == 1 && await ClaimsAsync() == 1 && await Nics.GetAsync(ResourceTypes.Nics.KeyOf(nic), Token) is null);
    }

    [Fact]
    public async Task The_nic_of_a_node_that_is_no_more_goes_with_its_Node()
    {
        var node = await _plane.Client.Resource(ResourceTypes.Nodes).CreateAsync(new Fabric.Resources.Core.Node { Metadata = new ObjectMeta { Name = "n1" } }, Token);
        var nic = NewNic("container.web-0a1b2c3d4e.eth0");
        await _agent.Resource(ResourceTypes.Nics).CreateAsync(
            nic with { Metadata = nic.Metadata with { OwnerReferences = [new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = "n1", Uid = node.Metadata.Uid! }] } }, Token);
        await _plane.ReadyNicAsync("default", nic.Metadata.Name!);

        await _plane.Client.Resource(ResourceTypes.Nodes).DeleteAsync(new ObjectKey("n1"), null, Token);

        await _plane.HoldsAsync(async () => await Nics.GetAsync(ResourceTypes.Nics.KeyOf(nic), Token) is null && await ClaimsAsync() == 0);
    }

    [Fact]
    public async Task A_StaticIP_keeps_an_address_for_a_container_by_its_name()
    {
        await _plane.Client.Resource(ResourceTypes.StaticIPs).CreateAsync(
            new StaticIP
            {
                Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
                Spec = new StaticIPSpec { Subnet = "usual", Addresses = [IpAddress.Parse("10.0.0.77")], Target = new StaticIPTarget { Kind = NicOwnerKind.Container, Name = "web" } },
            },
            Token);
        await _plane.HoldsAsync(async () => (await _plane.Client.Resource(ResourceTypes.StaticIPs).GetAsync(new ObjectKey("default", "web"), Token))?.Status?.Reserved.IsEmpty == false);

        await _agent.Resource(ResourceTypes.Nics).CreateAsync(NewNic("container.web-0a1b2c3d4e.eth0"), Token);

        Assert.Equal("10.0.0.77/24", (await _plane.ReadyNicAsync("default", "container.web-0a1b2c3d4e.eth0")).Status!.Addresses[0].ToString());
    }

    [Fact]
    public async Task An_agent_makes_and_removes_nics_of_containers_and_no_others()
    {
        await _plane.Client.Resource(ResourceTypes.Pods).CreateAsync(
            new Pod { Metadata = new ObjectMeta { Name = "web", Namespace = "default" }, Spec = new PodSpec { Containers = [new PodContainer { Name = "c", Image = "none" }] } }, Token);
        var pods = await _plane.ReadyNicAsync("default", "pod.web.eth0");
        var wanted = NewNic("pod.other.eth0");

        var deleted = await Assert.ThrowsAsync<KubeException>(() => _agent.Resource(ResourceTypes.Nics).DeleteAsync(ResourceTypes.Nics.KeyOf(pods), null, Token));
        var created = await Assert.ThrowsAsync<KubeException>(() => _agent.Resource(ResourceTypes.Nics).CreateAsync(
            wanted with { Spec = wanted.Spec with { Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = "other", Uid = "u" } } }, Token));

        Assert.All([deleted, created], e => Assert.Equal(System.Net.HttpStatusCode.Forbidden, e.Code));
        Assert.False((await Nics.GetAsync(ResourceTypes.Nics.KeyOf(pods), Token))!.Metadata.IsDeleting);
    }

    private async Task<int> ClaimsAsync() => (await _plane.Client.Resource(ResourceTypes.IPClaims).ListAsync(ListOptions.All, Token)).Items.Count;

    private static Nic NewNic(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Finalizers = [FabricApi.Finalizer] },
        Spec = new NicSpec { Subnet = "usual", Interface = "eth0", Owner = new NicOwner { Kind = NicOwnerKind.Container, Name = "web", Uid = "c-uid", Node = "n1" } },
    };
}
