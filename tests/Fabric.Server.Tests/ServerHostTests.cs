using System.Net;
using System.Text;
using Fabric.ApiServer;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Telemetry.Exposition;
using Vmnet.KubeVirt;

namespace Fabric.Server.Tests;

[Trait("kind", "ovs")]
public sealed class ServerHostTests : IAsyncLifetime
{
    private ControlPlane _plane = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _plane = await ControlPlane.StartAsync();

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    private KubeResource<Pod> Pods => _plane.Client.Resource(ResourceTypes.Pods);

    private KubeResource<Nic> Nics => _plane.Client.Resource(ResourceTypes.Nics);

    private KubeResource<VirtualMachine> VirtualMachines => _plane.Client.Resource(KubeVirtTypes.VirtualMachines);

    private Task<Subnet> AddSubnetAsync(string name, string cidr, bool isDefault = false, string? gateway = null) => _plane.Client.Resource(ResourceTypes.Subnets).CreateAsync(
        new Subnet
        {
            Metadata = new ObjectMeta { Name = name },
            Spec = new SubnetSpec { Default = isDefault, Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse(cidr), Gateway = gateway is null ? null : IpAddress.Parse(gateway) } },
        },
        Token);

    private static Pod NewPod(string name, string? subnet = null, bool hostNetwork = false) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = "default",
            Annotations = subnet is null ? [] : [KeyValuePair.Create(FabricApi.SubnetAnnotation, subnet)],
        },
        Spec = new PodSpec { HostNetwork = hostNetwork ? true : null, Containers = [new PodContainer { Name = "c", Image = "none" }] },
    };

    private static VirtualMachine NewVm(string name, string mac) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default" },
        Spec = new VirtualMachineSpec
        {
            RunStrategy = "Halted",
            Template = new VirtualMachineInstanceTemplate
            {
                Spec = new VirtualMachineInstanceSpec
                {
                    Domain = new Domain
                    {
                        Devices = new Devices { Interfaces = [new VmInterface { Name = "default", MacAddress = mac, Bridge = System.Text.Json.JsonSerializer.SerializeToElement(new { }) }] },
                    },
                    Networks = [new VmNetwork { Name = "default", Pod = System.Text.Json.JsonSerializer.SerializeToElement(new { }) }],
                },
            },
        },
    };

    [Fact]
    public async Task Metrics_have_the_requests_of_the_API_the_transactions_with_OVN_and_the_memory()
    {
        await AddSubnetAsync("usual", "10.0.0.0/24", isDefault: true);
        await Pods.CreateAsync(NewPod("web"), Token);
        await _plane.ReadyNicAsync("default", NicName.ForPod("web", "eth0"));

        var answer = await _plane.Client.SendAsync(new KubeRequest(HttpMethod.Get, "/metrics"), Token);

        var samples = PrometheusReader.Read(Encoding.UTF8.GetString(answer.Body.Span));
        Assert.Equal(1, samples.Single(sample => sample.Name == "apiserver_request_total" && sample.Label("resource") == "subnets" && sample.Label("verb") == "POST").Value);
        Assert.True(samples.Single(sample => sample.Name == "fabric_ovn_northbound_transactions_total").Value > 0);
        Assert.Contains(samples, sample => sample.Name == "dotnet_process_memory_working_set_bytes" && sample.Value > 0);
    }

    [Fact]
    public async Task A_pod_and_a_stopped_vm_get_nics_and_ports_and_lose_them_when_they_are_deleted()
    {
        await AddSubnetAsync("usual", "10.0.0.0/24", isDefault: true);
        await AddSubnetAsync("blue", "10.0.1.0/24");
        await Pods.CreateAsync(NewPod("web", "blue"), Token);
        await VirtualMachines.CreateAsync(NewVm("db", "02:00:00:00:00:07"), Token);
        await Pods.CreateAsync(NewPod("host", hostNetwork: true), Token);
        var launcher = NewPod("virt-launcher-db-1");
        await Pods.CreateAsync(
            launcher with { Metadata = launcher.Metadata with { Labels = [KeyValuePair.Create("kubevirt.io", "virt-launcher"), KeyValuePair.Create("kubevirt.io/created-by", "u")], Annotations = [KeyValuePair.Create("kubevirt.io/domain", "db")] } },
            Token);

        var pod = await _plane.ReadyNicAsync("default", "pod.web.eth0");
        var vm = await _plane.ReadyNicAsync("default", "vm.db.default");
        Assert.Equal(("10.0.1.2/24", "10.0.0.2/24", "02:00:00:00:00:07"), (pod.Status!.Addresses[0].ToString(), vm.Status!.Addresses[0].ToString(), vm.Status.MacAddress.ToString()));
        Assert.Equal(["default/pod.web.eth0 10.0.1.2", "default/vm.db.default 10.0.0.2"], await _plane.PortsAsync());
        Assert.Equal(2, (await Nics.ListAsync(ListOptions.All, Token)).Items.Count);

        await Pods.DeleteAsync(new ObjectKey("default", "web"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await VirtualMachines.DeleteAsync(new ObjectKey("default", "db"), null, Token);
        await _plane.HoldsAsync(async () =>
            (await Nics.ListAsync(ListOptions.All, Token)).Items.Count == 0
            && (await _plane.Client.Resource(ResourceTypes.IPClaims).ListAsync(ListOptions.All, Token)).Items.Count == 0
            && (await _plane.Client.Resource(ResourceTypes.MacClaims).ListAsync(ListOptions.All, Token)).Items.Count == 0
            && (await _plane.PortsAsync()).Length == 0);
    }

    [Fact]
    public async Task The_nic_of_a_pod_or_vm_names_the_node_as_soon_as_its_pod_is_scheduled_and_not_when_it_is_going()
    {
        await AddSubnetAsync("usual", "10.0.0.0/24", isDefault: true);
        var pod = await Pods.CreateAsync(NewPod("web"), Token);
        await VirtualMachines.CreateAsync(NewVm("db", "02:00:00:00:00:07"), Token);
        await _plane.ReadyNicAsync("default", "pod.web.eth0");
        var vm = await _plane.ReadyNicAsync("default", "vm.db.default");
        Assert.Null(vm.Status!.Node);

        await Pods.UpdateAsync(pod with { Spec = pod.Spec! with { NodeName = "n1" } }, Token);
        var owner = new OwnerReference { ApiVersion = "kubevirt.io/v1", Kind = "VirtualMachine", Name = "db", Uid = vm.Spec.Owner.Uid, Controller = true };
        var instance = await _plane.Client.Resource(KubeVirtTypes.Instances).CreateAsync(
            new VirtualMachineInstance { Metadata = new ObjectMeta { Name = "db", Namespace = "default", OwnerReferences = [owner] }, Spec = NewVm("db", "02:00:00:00:00:07").Spec.Template.Spec }, Token);
        Pod Launcher(string name, string node) => NewPod(name) is var made
            ? made with
            {
                Metadata = made.Metadata with
                {
                    Labels = [KeyValuePair.Create("kubevirt.io", "virt-launcher"), KeyValuePair.Create("kubevirt.io/created-by", instance.Metadata.Uid!)],
                    Annotations = [KeyValuePair.Create("kubevirt.io/domain", "db")],
                },
                Spec = made.Spec! with { NodeName = node },
            }
            : throw new InvalidOperationException();
        await Pods.CreateAsync(Launcher("virt-launcher-db-1", "n2"), Token);
        await HasNodeAsync("pod.web.eth0", "n1");
        await HasNodeAsync("vm.db.default", "n2");

        // The target of a migration is not where the VM is.
        await Pods.CreateAsync(Launcher("virt-launcher-db-2", "n3"), Token);
        await Pods.DeleteAsync(new ObjectKey("default", "web"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await _plane.HoldsAsync(async () => (await Nics.ListAsync(ListOptions.All, Token)).Items.Count == 1);
        Assert.Equal("n2", (await Nics.GetAsync(new ObjectKey("default", "vm.db.default"), Token))!.Status!.Node);
        await Pods.DeleteAsync(new ObjectKey("default", "virt-launcher-db-1"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await HasNodeAsync("vm.db.default", "n3");
        await Pods.DeleteAsync(new ObjectKey("default", "virt-launcher-db-2"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await HasNodeAsync("vm.db.default", null);

        Task HasNodeAsync(string nic, string? node) =>
            _plane.HoldsAsync(async () => (await Nics.GetAsync(new ObjectKey("default", nic), Token))?.Status?.Node == node);
    }

    [Fact]
    public async Task After_a_restart_over_an_empty_northbound_all_is_as_before()
    {
        await AddSubnetAsync("usual", "10.0.0.0/24", isDefault: true);
        await Pods.CreateAsync(NewPod("one"), Token);
        await VirtualMachines.CreateAsync(NewVm("db", "02:00:00:00:00:07"), Token);
        var before = (await _plane.ReadyNicAsync("default", "pod.one.eth0"), await _plane.ReadyNicAsync("default", "vm.db.default"));
        var ports = await _plane.PortsAsync();

        await _plane.StopAsync();
        await _plane.Ovsdb.StopAsync();
        await _plane.Ovsdb.CreateDatabaseAsync();
        await _plane.Ovsdb.StartAsync();
        await _plane.RunAsync();

        await _plane.HoldsAsync(async () => (await _plane.PortsAsync()).SequenceEqual(ports));
        var after = (await _plane.ReadyNicAsync("default", "pod.one.eth0"), await _plane.ReadyNicAsync("default", "vm.db.default"));
        Assert.Equal(
            (before.Item1.Metadata.ResourceVersion, before.Item2.Metadata.ResourceVersion), (after.Item1.Metadata.ResourceVersion, after.Item2.Metadata.ResourceVersion));
    }

    [Fact]
    public async Task A_pod_that_came_before_its_subnet_says_so_and_gets_its_nic_when_the_subnet_comes()
    {
        var pod = await Pods.CreateAsync(NewPod("early"), Token);
        var said = await ControlPlane.EventuallyAsync(async () =>
            (await _plane.Client.Resource(ResourceTypes.Events).ListAsync(new ListOptions { Namespace = "default" }, Token)).Items
                .FirstOrDefault(entry => entry.InvolvedObject.Uid == pod.Metadata.Uid));
        Assert.Equal(("NoSubnetChosen", "Warning"), (said.Reason, said.Type));
        await AddSubnetAsync("usual", "10.0.0.0/24", isDefault: true);
        Assert.Equal("usual", (await _plane.ReadyNicAsync("default", "pod.early.eth0")).Spec.Subnet);
    }

    [Fact]
    public async Task A_pod_that_has_ended_gives_its_address_back()
    {
        await AddSubnetAsync("tiny", "10.0.0.0/30", isDefault: true);
        var first = await Pods.CreateAsync(NewPod("first"), Token);
        await _plane.ReadyNicAsync("default", "pod.first.eth0");
        await Pods.CreateAsync(NewPod("second"), Token);
        await _plane.HoldsAsync(async () =>
            (await Nics.GetAsync(new ObjectKey("default", "pod.second.eth0"), Token))?.Status?.Conditions.Find(Condition.Ready)?.Reason == "SubnetExhausted");
        await Pods.MutateStatusAsync(new ObjectKey("default", "first"), pod => pod with { Status = new PodStatus { Phase = "Succeeded" } }, Token);
        Assert.Equal("10.0.0.2/30", (await _plane.ReadyNicAsync("default", "pod.second.eth0")).Status!.Addresses[0].ToString());
        Assert.NotNull(first);
    }

    [Fact]
    public async Task What_is_taken_for_a_nic_that_is_gone_or_that_uses_something_else_is_given_back()
    {
        await AddSubnetAsync("usual", "10.0.0.0/24", isDefault: true);
        await Pods.CreateAsync(NewPod("web"), Token);
        var nic = await _plane.ReadyNicAsync("default", "pod.web.eth0");
        var (addresses, macs) = (_plane.Client.Resource(ResourceTypes.IPClaims), _plane.Client.Resource(ResourceTypes.MacClaims));
        var users = new[] { new ClaimOwner { Namespace = "default", Name = "gone", Uid = "gone" }, new ClaimOwner { Namespace = "default", Name = nic.Metadata.Name!, Uid = nic.Metadata.Uid! } };
        foreach (var (user, i) in users.Select((user, i) => (user, i)))
        {
            var (address, mac) = (IpAddress.Parse($"10.0.0.{50 + i}"), MacAddress.Parse($"02:00:00:00:00:5{i}"));
            await addresses.CreateAsync(new IPClaim { Metadata = new ObjectMeta { Name = IPClaim.NameOf("usual", address) }, Spec = new IPClaimSpec { Subnet = "usual", Address = address, Owner = user } }, Token);
            await macs.CreateAsync(new MacClaim { Metadata = new ObjectMeta { Name = MacClaim.NameOf("default", mac) }, Spec = new MacClaimSpec { Vpc = "default", MacAddress = mac, Owner = user } }, Token);
        }

        await _plane.HoldsAsync(async () =>
            (await addresses.ListAsync(ListOptions.All, Token)).Items is [{ Spec: { } address }] && address.Address == nic.Status!.Addresses[0].Address
            && (await macs.ListAsync(ListOptions.All, Token)).Items is [{ Spec: { } mac }] && mac.MacAddress == nic.Status.MacAddress);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_when_it_is_applied_with_its_field()
    {
        await AddSubnetAsync("blue", "10.0.0.0/24");
        var overlap = await Assert.ThrowsAsync<KubeException>(() => AddSubnetAsync("green", "10.0.0.128/25"));
        Assert.Contains(overlap.Causes, cause => cause.Field == "spec.ipv4.cidr" && cause.Message.Contains("overlaps 10.0.0.0/24 of Subnet blue", StringComparison.Ordinal));
        var gateway = await Assert.ThrowsAsync<KubeException>(() => AddSubnetAsync("red", "10.9.0.0/24", gateway: "10.8.0.1"));
        Assert.Contains(gateway.Causes, cause => cause.Field == "spec.ipv4.gateway");
        Assert.Single((await _plane.Client.Resource(ResourceTypes.Subnets).ListAsync(ListOptions.All, Token)).Items);
    }

    [Fact]
    public async Task A_subnet_in_use_says_by_whom_and_goes_with_its_last_nic()
    {
        await AddSubnetAsync("usual", "10.0.0.0/24", isDefault: true);
        await Pods.CreateAsync(NewPod("one"), Token);
        await _plane.ReadyNicAsync("default", "pod.one.eth0");
        var subnets = _plane.Client.Resource(ResourceTypes.Subnets);
        await subnets.DeleteAsync(new ObjectKey("usual"), null, Token);
        await _plane.HoldsAsync(async () =>
            (await subnets.GetAsync(new ObjectKey("usual"), Token))?.Status?.Conditions.Find(Condition.Ready) is { Reason: "InUse", Message: { } message }
            && message.Contains("Nic default/pod.one.eth0 (10.0.0.2)", StringComparison.Ordinal));
        await Pods.DeleteAsync(new ObjectKey("default", "one"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await _plane.HoldsAsync(async () => await subnets.GetAsync(new ObjectKey("usual"), Token) is null);
    }

    [Fact]
    public async Task A_cluster_that_lacks_the_kinds_is_told_what_to_apply()
    {
        var folder = Directory.CreateTempSubdirectory("fabric-bare-").FullName;
        await using (var bare = await ApiServerHost.StartAsync(new ApiServerOptions { DataDirectory = folder, Listen = [new IPEndPoint(IPAddress.Loopback, 0)] }, Token))
        {
            var e = await Assert.ThrowsAsync<ServerException>(() =>
                ServerHost.RunAsync(new ServerOptions { Kubeconfig = bare.AdminKubeconfigPath, OvnNorthbound = $"unix:{_plane.Ovsdb.SocketPath}" }, Token));
            Assert.Contains("kubectl apply -f deploy/crds", e.Message, StringComparison.Ordinal);
        }
        Directory.Delete(folder, recursive: true);
    }
}
