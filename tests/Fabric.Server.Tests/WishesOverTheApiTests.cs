using System.Text.Json;
using Fabric.Kube;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt;

namespace Fabric.Server.Tests;

[Trait("kind", "ovs")]
public sealed class WishesOverTheApiTests : IAsyncLifetime
{
    private ControlPlane _plane = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private KubeResource<VirtualMachine> VirtualMachines => _plane.Client.Resource(KubeVirtTypes.VirtualMachines);

    private KubeResource<Nic> Nics => _plane.Client.Resource(ResourceTypes.Nics);

    public async ValueTask InitializeAsync()
    {
        _plane = await ControlPlane.StartAsync();
        await _plane.Client.Resource(ResourceTypes.Subnets).CreateAsync(
            new Subnet
            {
                Metadata = new ObjectMeta { Name = "vms" },
                Spec = new SubnetSpec { Default = true, Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse("10.60.2.0/24") } },
            },
            Token);
    }

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Theory]
    [InlineData("fabric", "vm.ledger.default", "10.60.2.40/24", "02:00:00:60:02:40", "fabric.vmnet.io/addresses", "fabric.vmnet.io/mac-address.default")]
    [InlineData("forklift", "vm.payroll.net-0", "10.60.2.41/24", "00:50:56:8a:02:41", "network.kubevirt.io/addresses", "interfaces[].macAddress")]
    [InlineData("ovn-kubernetes", "vm.mail.default", "10.60.2.42/24", "02:00:00:60:02:42", "v1.multus-cni.io/default-network", "v1.multus-cni.io/default-network")]
    [InlineData("kube-ovn", "vm.archive.default", "10.60.2.43/24", "00:00:00:53:6b:b6", "ovn.kubernetes.io/ip_address", "ovn.kubernetes.io/mac_address")]
    [InlineData("calico", "vm.intranet.default", "10.60.2.44/24", "1c:0c:0a:c0:ff:ee", "cni.projectcalico.org/ipAddrs", "cni.projectcalico.org/hwAddr")]
    public async Task A_manifest_for_another_fabric_gets_what_it_asks_for(string sample, string nicName, string address, string mac, string addressSource, string macSource)
    {
        var manifest = Assert.Single(Samples.Read("wishes", sample));
        var vm = manifest.Deserialize(KubeVirtJson.Default.VirtualMachine)!;
        await VirtualMachines.CreateAsync(vm with { Metadata = vm.Metadata with { Namespace = "default" } }, Token);

        var nic = await _plane.ReadyNicAsync("default", nicName);
        Assert.Equal((address, mac), (Assert.Single(nic.Status!.Addresses).ToString(), nic.Status.MacAddress.ToString()));
        Assert.Equal((addressSource, macSource), (SourceOf(nic, WishField.Addresses), SourceOf(nic, WishField.MacAddress)));
        Assert.Equal("vms", nic.Spec.Subnet);
        Assert.Equal(vm.Spec.Template.Metadata?.Labels ?? [], nic.Metadata.Labels ?? []);
    }

    [Fact]
    public async Task A_wish_that_cannot_be_read_holds_the_nic_back_until_it_is_corrected()
    {
        var vm = await VirtualMachines.CreateAsync(NewVm("db", ("ovn.kubernetes.io/ip_address", "10.60.2.999")), Token);
        await SaidAsync(vm, "WishUnreadable", "ovn.kubernetes.io/ip_address: '10.60.2.999'");
        await VirtualMachines.MutateAsync(KubeVirtTypes.VirtualMachines.KeyOf(vm), each => each with { Spec = NewVm("db", ("ovn.kubernetes.io/ip_address", "10.60.3.9")).Spec }, Token);
        await SaidAsync(vm, "AddressOutsideSubnet", "ovn.kubernetes.io/ip_address: 10.60.3.9");
        Assert.Empty((await Nics.ListAsync(ListOptions.All, Token)).Items);
        await VirtualMachines.MutateAsync(KubeVirtTypes.VirtualMachines.KeyOf(vm), each => each with { Spec = NewVm("db", ("ovn.kubernetes.io/ip_address", "10.60.2.9")).Spec }, Token);
        Assert.Equal("10.60.2.9/24", (await _plane.ReadyNicAsync("default", "vm.db.default")).Status!.Addresses[0].ToString());
    }

    [Fact]
    public async Task Each_device_that_a_pod_names_a_Subnet_for_is_a_Nic_of_its_own_on_its_node()
    {
        await _plane.Client.Resource(ResourceTypes.Subnets).CreateAsync(
            new Subnet { Metadata = new ObjectMeta { Name = "storage" }, Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse("10.61.0.0/24") } } }, Token);
        var pods = _plane.Client.Resource(ResourceTypes.Pods);
        var pod = await pods.CreateAsync(
            new Pod
            {
                Metadata = new ObjectMeta
                {
                    Name = "web",
                    Namespace = "default",
                    Annotations = [new("fabric.vmnet.io/subnet.net1", "storage"), new("fabric.vmnet.io/addresses.net1", "10.61.0.9")],
                },
                Spec = new PodSpec { NodeName = "n1", Containers = [new PodContainer { Name = "c", Image = "none" }] },
            },
            Token);

        var first = await _plane.ReadyNicAsync("default", "pod.web.eth0");
        var second = await _plane.ReadyNicAsync("default", "pod.web.net1");

        Assert.Equal(("vms", "storage", "net1"), (first.Spec.Subnet, second.Spec.Subnet, second.Spec.Interface));
        Assert.Equal("10.61.0.9/24", Assert.Single(second.Status!.Addresses).ToString());
        Assert.Equal(pod.Metadata.Uid, second.Spec.Owner.Uid);
        Assert.NotEqual(first.Status!.MacAddress, second.Status.MacAddress);
        // The node makes both ports ready, because both Nics say that they are to be there.
        await _plane.HoldsAsync(async () => (await Nics.ListAsync(new ListOptions { Fields = "status.node=n1" }, Token)).Items.Count == 2);
        await pods.DeleteAsync(ResourceTypes.Pods.KeyOf(pod), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await _plane.HoldsAsync(async () => (await Nics.ListAsync(ListOptions.All, Token)).Items.Count == 0);
    }

    [Fact]
    public async Task A_vm_restored_with_a_MAC_in_use_is_told_whose_it_is()
    {
        await VirtualMachines.CreateAsync(NewVm("db", ("fabric.vmnet.io/mac-address", "02:00:00:00:00:07")), Token);
        await _plane.ReadyNicAsync("default", "vm.db.default");
        var restored = await VirtualMachines.CreateAsync(NewVm("db-restored", ("cni.projectcalico.org/hwAddr", "02:00:00:00:00:07")), Token);
        await SaidAsync(restored, "MacTaken", "default/vm.db.default");
    }

    [Fact]
    public async Task What_another_wish_contradicts_is_said_at_the_vm_and_on_its_nic()
    {
        var vm = await VirtualMachines.CreateAsync(
            NewVm("db", ("fabric.vmnet.io/addresses", "10.60.2.7"), ("cni.projectcalico.org/ipAddrs", """["10.60.2.8"]"""), ("fabric.vmnet.io/ip-pool.lan", "gold")), Token);
        await SaidAsync(vm, "WishIgnored", "fabric.vmnet.io/addresses says '10.60.2.7'");
        await SaidAsync(vm, "WishForNoInterface", "'lan'");
        var nic = await _plane.ReadyNicAsync("default", "vm.db.default");
        Assert.Equal("10.60.2.7/24", nic.Status!.Addresses[0].ToString());
        Assert.Contains("cni.projectcalico.org/ipAddrs", nic.Metadata.Annotation(FabricApi.IgnoredWishesAnnotation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_of_a_vm_and_its_template_are_its_nics_and_follow_them()
    {
        var vm = NewVm("db");
        vm = vm with { Metadata = vm.Metadata with { Labels = [new("app", "vm"), new("site", "north")] } };
        var template = vm.Spec.Template with { Metadata = new ObjectMeta { Labels = [new("app", "template")] } };
        vm = await VirtualMachines.CreateAsync(vm with { Spec = vm.Spec with { Template = template } }, Token);
        await _plane.ReadyNicAsync("default", "vm.db.default");
        Assert.Single((await Nics.ListAsync(new ListOptions { Labels = "app=template,site=north" }, Token)).Items);
        await VirtualMachines.MutateAsync(KubeVirtTypes.VirtualMachines.KeyOf(vm), each => each with { Metadata = each.Metadata with { Labels = [new("site", "south")] } }, Token);
        await _plane.HoldsAsync(async () => (await Nics.ListAsync(new ListOptions { Labels = "app=template,site=south" }, Token)).Items.Count == 1);
    }

    private async Task SaidAsync(VirtualMachine vm, string reason, string text) => await _plane.HoldsAsync(async () =>
        (await _plane.Client.Resource(ResourceTypes.Events).ListAsync(new ListOptions { Namespace = "default" }, Token)).Items.Any(entry =>
            entry.InvolvedObject.Uid == vm.Metadata.Uid && entry.Reason == reason && entry.Type == "Warning" && entry.Message!.Contains(text, StringComparison.Ordinal)));

    private static VirtualMachine NewVm(string name, params (string Annotation, string Text)[] annotations)
    {
        var empty = JsonElement.Parse("{}");
        return new VirtualMachine
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "default" },
            Spec = new VirtualMachineSpec
            {
                RunStrategy = "Halted",
                Template = new VirtualMachineInstanceTemplate
                {
                    Metadata = new ObjectMeta { Annotations = annotations.Select(each => KeyValuePair.Create(each.Annotation, each.Text)).ToEquatableMap() },
                    Spec = new VirtualMachineInstanceSpec
                    {
                        Domain = new Domain { Devices = new Devices { Interfaces = [new VmInterface { Name = "default", Bridge = empty }] } },
                        Networks = [new VmNetwork { Name = "default", Pod = empty }],
                    },
                },
            },
        };
    }

    private static string? SourceOf(Nic nic, string field) => nic.Spec.Sources.FirstOrDefault(source => source.Field == field)?.Source;
}
