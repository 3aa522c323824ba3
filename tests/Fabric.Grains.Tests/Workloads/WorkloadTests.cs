using Fabric.Grains.Tests.Testing;
using Fabric.Grains.Workloads;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Grains.Tests.Workloads;

public sealed class WorkloadTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Workload Pod(string name = "web", string uid = "u1", string? subnet = "blue", params WorkloadInterface[] interfaces) => new()
    {
        Kind = NicOwnerKind.Pod,
        ApiVersion = "v1",
        Namespace = "a",
        Name = name,
        Uid = uid,
        Interfaces = interfaces.Length == 0 ? [Face("eth0", subnet)] : [.. interfaces],
    };

    private static Workload Vm(params WorkloadInterface[] interfaces) =>
        Pod("db", "v1", "blue", interfaces) with { Kind = NicOwnerKind.VirtualMachine, ApiVersion = "kubevirt.io/v1" };

    private static WorkloadInterface Face(string name, string? subnet = "blue", string? mac = null, string? address = null, string? pool = null, string? qos = null, Refusal[]? ignored = null)
    {
        (string Field, string? Text)[] wished =
        [
            (WishField.Subnet, subnet), (WishField.MacAddress, mac), (WishField.Addresses, address), (WishField.IpPool, pool), (WishField.QosPolicy, qos),
        ];
        return new WorkloadInterface(name, new NicWishes
        {
            Subnet = subnet,
            MacAddress = mac is null ? null : MacAddress.Parse(mac),
            Addresses = address is null ? [] : [.. address.Split(',').Select(each => IpAddress.Parse(each))],
            IpPool = pool,
            QosPolicy = qos,
            Sources = [.. wished.Where(each => each.Text is not null).Select(each => new WishSource { Field = each.Field, Source = "said/" + each.Field })],
            Ignored = [.. ignored ?? []],
        });
    }

    private static WorkloadInterface Unreadable(string name) => new(name, new NicWishes { Subnet = "blue", Unreadable = [new Unclear("no mac")] });

    private Nic Nic(string name) => _world.Store.Get(ResourceTypes.Nics, new ObjectKey("a", name));

    private static string[] SourcesOf(Nic nic) => [.. nic.Spec.Sources.Select(source => $"{source.Field}={source.Source}")];

    private Task<TimeSpan?> ReconcileAsync(Workload? workload, string name = "web", NicOwnerKind kind = NicOwnerKind.Pod) =>
        _world.Runtime.GetGrain<IWorkloadGrain>(IWorkloadGrain.KeyOf(kind, "a", name)).ReconcileAsync(
            workload, [.. _world.Store.List(ResourceTypes.Nics).Where(nic => nic.Spec.Owner.Kind == kind && nic.Spec.Owner.Name == name)], Token);

    /// <summary>Stands for the grains of Nics that are being deleted.</summary>
    private async Task ReleaseAsync()
    {
        foreach (var nic in _world.Store.List(ResourceTypes.Nics).Where(nic => nic.Metadata.IsDeleting))
            await _world.Store.UpdateAsync(ResourceTypes.Nics, nic with { Metadata = nic.Metadata with { Finalizers = null } }, Token);
    }

    private string[] NicNames => [.. _world.Store.List(ResourceTypes.Nics).Select(nic => nic.Metadata.Name!)];

    [Fact]
    public async Task A_pod_gets_its_nic_owned_by_it()
    {
        Assert.Null(await ReconcileAsync(Pod()));
        var nic = Assert.Single(_world.Store.List(ResourceTypes.Nics));
        Assert.Equal(("pod.web.eth0", "blue", "eth0", "u1"), (nic.Metadata.Name, nic.Spec.Subnet, nic.Spec.Interface, nic.Spec.Owner.Uid));
        var owner = Assert.Single(nic.Metadata.OwnerReferences!.Value);
        Assert.Equal(("v1", "Pod", "web", "u1", true), (owner.ApiVersion, owner.Kind, owner.Name, owner.Uid, owner.Controller));
        var writes = _world.Store.Writes;
        await ReconcileAsync(Pod());
        Assert.Equal(writes, _world.Store.Writes);
    }

    [Fact]
    public async Task A_vm_gets_a_nic_for_each_interface_with_its_mac_and_loses_the_one_that_is_taken_out()
    {
        await ReconcileAsync(Vm(Face("default", mac: "02:00:00:00:00:01"), Face("storage")), "db", NicOwnerKind.VirtualMachine);
        Assert.Equal(["vm.db.default", "vm.db.storage"], NicNames);
        Assert.Equal("02:00:00:00:00:01", _world.Store.Get(ResourceTypes.Nics, new ObjectKey("a", "vm.db.default")).Spec.MacAddress.ToString());
        await ReconcileAsync(Vm(Face("default", mac: "02:00:00:00:00:02")), "db", NicOwnerKind.VirtualMachine);
        await ReleaseAsync();
        Assert.Equal("02:00:00:00:00:02", Assert.Single(_world.Store.List(ResourceTypes.Nics)).Spec.MacAddress.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_workload_that_is_gone_or_finished_has_no_nics(bool finished)
    {
        await ReconcileAsync(Pod());
        await ReconcileAsync(finished ? Pod() with { IsFinished = true } : null);
        await ReleaseAsync();
        Assert.Empty(NicNames);
    }

    [Fact]
    public async Task A_pod_made_again_under_the_same_name_gets_another_nic_after_the_first_is_gone()
    {
        await ReconcileAsync(Pod(uid: "u1"));
        var first = Assert.Single(_world.Store.List(ResourceTypes.Nics));
        await ReconcileAsync(Pod(uid: "u2"));
        await ReconcileAsync(Pod(uid: "u2"));
        Assert.Equal(first.Metadata.Uid, Assert.Single(_world.Store.List(ResourceTypes.Nics)).Metadata.Uid);
        await ReleaseAsync();
        Assert.Empty(NicNames);
        await ReconcileAsync(Pod(uid: "u2"));
        var second = Assert.Single(_world.Store.List(ResourceTypes.Nics));
        Assert.Equal("u2", second.Spec.Owner.Uid);
        Assert.NotEqual(first.Metadata.Uid, second.Metadata.Uid);
    }

    [Fact]
    public async Task Without_a_subnet_of_its_own_the_namespaces_counts_then_the_one_for_the_namespace_and_then_the_default()
    {
        _world.Store.Put(ResourceTypes.Namespaces, new Namespace { Metadata = new ObjectMeta { Name = "a" } });
        Assert.NotNull(await ReconcileAsync(Pod(subnet: null)));
        Assert.Equal(("web", "NoSubnetChosen"), _world.Warnings.Select(w => (w.Name, w.Reason)).Single());
        await ReconcileAsync(Pod(subnet: null));
        Assert.Single(_world.Warnings);

        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("usual", "10.0.0.0/24", spec => spec with { Default = true });
        Assert.Null(await ReconcileAsync(Pod(subnet: null)));
        Assert.Equal(["subnet=spec.default of Subnet usual"], SourcesOf(Nic("pod.web.eth0")));

        await _world.AddSubnetAsync("others", "10.0.1.0/24", spec => spec with { DefaultFor = ["b"] });
        await _world.AddSubnetAsync("own", "10.0.2.0/24", spec => spec with { DefaultFor = ["b", "a"] });
        await ReconcileAsync(Pod("second", "u8", subnet: null), "second");
        Assert.Equal("own", Nic("pod.second.eth0").Spec.Subnet);
        Assert.Equal(["subnet=spec.defaultFor of Subnet own"], SourcesOf(Nic("pod.second.eth0")));

        var space = _world.Store.Get(ResourceTypes.Namespaces, new ObjectKey("a"));
        await _world.Store.UpdateAsync(ResourceTypes.Namespaces, space with { Metadata = space.Metadata with { Annotations = [KeyValuePair.Create(FabricApi.SubnetAnnotation, "spaces")] } }, Token);
        await ReconcileAsync(Pod("other", "u9", subnet: null), "other");
        Assert.Equal("spaces", Nic("pod.other.eth0").Spec.Subnet);
        Assert.Equal(["subnet=fabric.vmnet.io/subnet of Namespace a"], SourcesOf(Nic("pod.other.eth0")));

        // The first has its Nic: what is chosen for others later does not move it.
        var writes = _world.Store.Writes;
        Assert.Null(await ReconcileAsync(Pod(subnet: null)));
        Assert.Equal(writes, _world.Store.Writes);
    }

    [Fact]
    public void Of_several_subnets_that_say_so_the_oldest_that_stays_is_chosen()
    {
        Subnet[] subnets = [Make("c", 3), Make("b", 2), Make("a", 2), Make("z", 1, deleting: true)];
        Assert.Equal("a", SubnetChoice.For("ns", " ", subnets).Value.Subnet);

        static Subnet Make(string name, int day, bool deleting = false) => new()
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                CreationTimestamp = new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero),
                DeletionTimestamp = deleting ? DateTimeOffset.UnixEpoch : null,
            },
            Spec = new SubnetSpec { Default = true, DefaultFor = ["ns"] },
        };
    }

    [Fact]
    public async Task A_wish_that_cannot_be_read_is_said_and_no_nic_is_made_with_something_else_in_its_place()
    {
        Assert.NotNull(await ReconcileAsync(Vm(Unreadable("default"), Face("storage")), "db", NicOwnerKind.VirtualMachine));
        Assert.Equal(["vm.db.storage"], NicNames);
        Assert.Equal(("db", "Unclear", "no mac"), Assert.Single(_world.Warnings));
        // The wish is corrected.
        Assert.Null(await ReconcileAsync(Vm(Face("default", mac: "02:00:00:00:00:01"), Face("storage")), "db", NicOwnerKind.VirtualMachine));
        Assert.Equal(["vm.db.default", "vm.db.storage"], NicNames);
    }

    [Fact]
    public async Task A_nic_stays_as_it_is_while_a_later_wish_cannot_be_read()
    {
        await ReconcileAsync(Vm(Face("default", mac: "02:00:00:00:00:01", pool: "gold")), "db", NicOwnerKind.VirtualMachine);
        var nic = Nic("vm.db.default");
        await ReconcileAsync(Vm(Unreadable("default")), "db", NicOwnerKind.VirtualMachine);
        Assert.Equal(nic, Nic("vm.db.default"));
        Assert.Single(_world.Warnings);
    }

    [Fact]
    public async Task All_wishes_reach_the_nic_with_their_sources_and_go_when_they_are_taken_back()
    {
        Assert.Null(await ReconcileAsync(Pod(interfaces: Face("eth0", mac: "02:00:00:00:00:01", address: "10.0.0.5,fd00::5", pool: "gold", qos: "slow"))));
        var nic = Nic("pod.web.eth0");
        Assert.Equal(
            ("02:00:00:00:00:01", "[10.0.0.5, fd00::5]", "gold", "slow"),
            (nic.Spec.MacAddress.ToString(), nic.Spec.Addresses.ToString(), nic.Spec.IpPool, nic.Spec.QosPolicy));
        Assert.Equal(["subnet=said/subnet", "macAddress=said/macAddress", "addresses=said/addresses", "ipPool=said/ipPool", "qosPolicy=said/qosPolicy"], SourcesOf(nic));
        Assert.True(nic.Metadata.HasFinalizer(FabricApi.Finalizer));

        await ReconcileAsync(Pod(interfaces: Face("eth0", address: "10.0.0.6")));
        nic = Nic("pod.web.eth0");
        Assert.Equal((null, "[10.0.0.6]", null, null), (nic.Spec.MacAddress, nic.Spec.Addresses.ToString(), nic.Spec.IpPool, nic.Spec.QosPolicy));
        Assert.Equal(["subnet=said/subnet", "addresses=said/addresses"], SourcesOf(nic));
    }

    [Fact]
    public async Task What_somebody_set_on_the_nic_itself_stays_unless_the_workload_wishes_otherwise()
    {
        await ReconcileAsync(Pod());
        var nic = Nic("pod.web.eth0");
        await _world.Store.UpdateAsync(ResourceTypes.Nics, nic with { Spec = nic.Spec with { Addresses = [IpAddress.Parse("10.0.0.7")], QosPolicy = "fast" } }, Token);
        await ReconcileAsync(Pod(interfaces: Face("eth0", qos: "slow")));
        Assert.Equal(("[10.0.0.7]", "slow"), (Nic("pod.web.eth0").Spec.Addresses.ToString(), Nic("pod.web.eth0").Spec.QosPolicy));
    }

    [Fact]
    public async Task An_address_outside_the_subnet_is_said_at_the_workload_with_the_annotation_that_asks_for_it()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        Assert.NotNull(await ReconcileAsync(Pod(interfaces: Face("eth0", address: "10.9.0.5"))));
        Assert.Empty(NicNames);
        var warning = Assert.Single(_world.Warnings);
        Assert.Equal(("web", "AddressOutsideSubnet"), (warning.Name, warning.Reason));
        Assert.StartsWith("interface eth0: said/addresses: 10.9.0.5", warning.Message, StringComparison.Ordinal);
        Assert.Null(await ReconcileAsync(Pod(interfaces: Face("eth0", address: "10.0.0.5"))));
        // Nor does a Nic that is there get such a wish.
        Assert.NotNull(await ReconcileAsync(Pod(interfaces: Face("eth0", address: "10.9.0.5"))));
        Assert.Equal("[10.0.0.5]", Nic("pod.web.eth0").Spec.Addresses.ToString());
    }

    [Fact]
    public async Task Which_of_two_wishes_counts_is_said_once_and_stands_on_the_nic_as_long_as_they_differ()
    {
        Assert.Null(await ReconcileAsync(Pod(interfaces: Face("eth0", ignored: [new Unclear("the other")]))));
        Assert.Null(await ReconcileAsync(Pod(interfaces: Face("eth0", ignored: [new Unclear("the other")]))));
        Assert.Equal(("web", "Unclear", "the other"), Assert.Single(_world.Warnings));
        Assert.Equal("the other", Nic("pod.web.eth0").Metadata.Annotation(FabricApi.IgnoredWishesAnnotation));
        await ReconcileAsync(Pod());
        Assert.Null(Nic("pod.web.eth0").Metadata.Annotation(FabricApi.IgnoredWishesAnnotation));
    }

    [Fact]
    public async Task A_nic_has_its_workloads_labels_and_keeps_fabrics()
    {
        await ReconcileAsync(Pod() with { Labels = [new("app", "web"), new("example.com/tier", ""), new("bad key", "x"), new("fabric.vmnet.io/mine", "no"), new("note", "not a value!")] });
        Assert.Equal("{app=web, example.com/tier=}", Nic("pod.web.eth0").Metadata.Labels.ToString());

        var nic = Nic("pod.web.eth0");
        await _world.Store.UpdateAsync(ResourceTypes.Nics, nic with { Metadata = nic.Metadata with { Labels = nic.Metadata.Labels!.Value.With("fabric.vmnet.io/own", "1") } }, Token);
        await ReconcileAsync(Pod() with { Labels = [new("app", "db")] });
        Assert.Equal("{app=db, fabric.vmnet.io/own=1}", Nic("pod.web.eth0").Metadata.Labels.ToString());
        var writes = _world.Store.Writes;
        await ReconcileAsync(Pod() with { Labels = [new("app", "db")] });
        Assert.Equal(writes, _world.Store.Writes);
    }

    [Fact]
    public async Task What_a_nic_was_refused_is_said_at_its_workload()
    {
        await ReconcileAsync(Pod());
        var nic = Nic("pod.web.eth0");
        var ready = new Condition { Type = Condition.Ready, Status = "False", Reason = "MacTaken", Message = "held by VirtualMachine b/db" };
        await _world.Store.UpdateStatusAsync(ResourceTypes.Nics, nic with { Status = new NicStatus { Conditions = [ready] } }, Token);
        await ReconcileAsync(Pod());
        await ReconcileAsync(Pod());
        Assert.Equal(("web", "MacTaken", "Nic pod.web.eth0: held by VirtualMachine b/db"), Assert.Single(_world.Warnings));
    }

    [Fact]
    public async Task Wishes_of_which_nothing_comes_are_said()
    {
        Assert.Null(await ReconcileAsync(Pod() with { Notices = [new Unclear("no such interface")] }));
        Assert.Equal(("web", "Unclear", "no such interface"), Assert.Single(_world.Warnings));
    }

    [Fact]
    public async Task Asking_for_another_subnet_later_is_said_and_moves_nothing()
    {
        await ReconcileAsync(Pod());
        await ReconcileAsync(Pod(subnet: "green"));
        Assert.Equal("SubnetNotChanged", Assert.Single(_world.Warnings).Reason);
        Assert.Equal("blue", Assert.Single(_world.Store.List(ResourceTypes.Nics)).Spec.Subnet);
    }

    [Fact]
    public async Task News_that_are_out_of_date_do_no_harm()
    {
        await ReconcileAsync(Pod());
        var old = _world.Store.List(ResourceTypes.Nics).Single();
        // The Nic is there already, but the observer has not seen it.
        var again = await _world.Runtime.GetGrain<IWorkloadGrain>(IWorkloadGrain.KeyOf(NicOwnerKind.Pod, "a", "web")).ReconcileAsync(Pod(), [], Token);
        Assert.NotNull(again);
        // The observer wants to delete a Nic that was made again since.
        await _world.Store.DeleteAsync(ResourceTypes.Nics, new ObjectKey("a", "pod.web.eth0"), old.Metadata.Uid!, Token);
        await ReleaseAsync();
        await ReconcileAsync(Pod());
        Assert.Equal(WorkloadDecision.Decide(null, [old]).Delete, [old]);
        again = await _world.Runtime.GetGrain<IWorkloadGrain>(IWorkloadGrain.KeyOf(NicOwnerKind.Pod, "a", "web")).ReconcileAsync(null, [old], Token);
        Assert.NotNull(again);
        Assert.Single(NicNames);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private sealed record Unclear(string Text) : Refusal
    {
        public override string Reason => nameof(Unclear);

        public override string Message => Text;
    }
}
