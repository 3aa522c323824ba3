using Fabric.Grains.Nics;
using Fabric.Grains.Subnets;
using Fabric.Grains.Tests.Testing;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;

namespace Fabric.Grains.Tests.Nics;

public sealed class NicGrainTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_nic_gets_mac_address_gateway_port_and_is_realized()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { Mtu = 1400, Dhcp = new DhcpSpec { DnsServers = [IpAddress.Parse("10.9.9.9")], Domain = "x.test" } });
        var nic = await _world.AddNicAsync("one", "blue");

        Assert.Equal("10.0.0.2/24", nic.Status!.Addresses[0].ToString());
        Assert.Equal("10.0.0.1", nic.Status.Gateways[0].ToString());
        Assert.True(nic.Status.MacAddress!.Value.IsLocal);
        Assert.Equal(("a/one", 1400, "x.test"), (nic.Status.Port, nic.Status.Mtu, nic.Status.Domain));
        Assert.True(nic.Ready().IsTrue);
        Assert.True(nic.Metadata.HasFinalizer(FabricApi.Finalizer));
        Assert.Equal(nic.Status.MacAddress, _world.Realizer.Nics[new ObjectKey("a", "one")].Status!.MacAddress);
        Assert.Equal(nic.Metadata.Uid, _world.Store.List(ResourceTypes.MacClaims).Single().Spec.Owner!.Uid);
    }

    [Fact]
    public async Task Reconciling_again_writes_nothing()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddNicAsync("one", "blue");
        var subnet = await _world.ReconcileSubnetAsync("blue");
        var writes = _world.Store.Writes;
        await _world.ReconcileNicAsync("one");
        Assert.Equal(subnet, await _world.ReconcileSubnetAsync("blue"));
        Assert.Equal(writes, _world.Store.Writes);
    }

    [Fact]
    public async Task A_nic_at_rest_takes_no_memory_here()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        var others = _world.Runtime.ActiveCount;
        await _world.AddNicAsync("one", "blue");
        await _world.ReconcileNicAsync("one");
        await Eventually.HoldsAsync(() => _world.Runtime.ActiveCount == others);
    }

    [Fact]
    public async Task A_missing_subnet_is_named_and_its_coming_makes_the_nic_ready()
    {
        await _world.WithVpcAsync();
        var nic = await _world.AddNicAsync("one", "blue");
        Assert.Equal(("False", "SubnetNotFound"), (nic.Ready().Status, nic.Ready().Reason));
        Assert.StartsWith("spec.subnet: Subnet blue does not exist", nic.Ready().Message);
        Assert.Equal("SubnetNotFound", Assert.Single(_world.Warnings).Reason);
        await _world.ReconcileNicAsync("one");
        Assert.Single(_world.Warnings);

        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        Assert.True((await _world.ReconcileNicAsync("one")).Ready().IsTrue);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_refused_with_its_holder_and_leaves_nothing_behind()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddNicAsync("one", "blue", "10.0.0.9");
        var nic = await _world.AddNicAsync("two", "blue", "10.0.0.9");
        Assert.Equal("AddressTaken", nic.Ready().Reason);
        Assert.Contains("10.0.0.9 is held by Nic a/one", nic.Ready().Message, StringComparison.Ordinal);
        Assert.Single(_world.Store.List(ResourceTypes.IPClaims));
        Assert.Single(_world.Store.List(ResourceTypes.MacClaims));
        Assert.DoesNotContain(new ObjectKey("a", "two"), _world.Realizer.Nics.Keys);
    }

    [Theory]
    [InlineData("10.0.0.0", "AddressReserved", "the network address")]
    [InlineData("10.0.0.1", "AddressReserved", "the gateway")]
    [InlineData("10.0.0.255", "AddressReserved", "the broadcast address")]
    [InlineData("10.0.0.70", "AddressReserved", "excluded")]
    [InlineData("10.0.1.1", "AddressOutsideSubnet", "10.0.0.0/24")]
    [InlineData("fd00::1", "AddressOutsideSubnet", "10.0.0.0/24")]
    public async Task An_address_that_cannot_be_is_refused(string address, string reason, string because)
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { Ipv4 = spec.Ipv4! with { Exclude = [IpRange.Parse("10.0.0.64-10.0.0.95")] } });
        var nic = await _world.AddNicAsync("one", "blue", address);
        Assert.Equal(reason, nic.Ready().Reason);
        Assert.Contains(because, nic.Ready().Message, StringComparison.Ordinal);
        Assert.Empty(_world.ClaimedAddresses);
    }

    [Fact]
    public async Task A_mac_that_is_taken_names_the_other_owner()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddSubnetAsync("green", "10.0.1.0/24");
        await _world.AddNicAsync("one", "blue", mac: "02:00:00:00:00:07");
        var nic = await _world.AddNicAsync("two", "green", mac: "02:00:00:00:00:07");
        Assert.Equal("MacTaken", nic.Ready().Reason);
        Assert.Contains("held by Nic a/one in Vpc default", nic.Ready().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_mac_may_be_in_two_vpcs()
    {
        await _world.WithVpcAsync();
        await _world.WithVpcAsync("other");
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddSubnetAsync("green", "10.0.0.0/24", spec => spec with { Vpc = "other" });
        await _world.AddNicAsync("one", "blue", mac: "02:00:00:00:00:07");
        Assert.True((await _world.AddNicAsync("two", "green", mac: "02:00:00:00:00:07")).Ready().IsTrue);
    }

    [Fact]
    public async Task A_group_mac_is_refused()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        Assert.Equal("MacUnusable", (await _world.AddNicAsync("one", "blue", mac: "01:00:5e:00:00:01")).Ready().Reason);
    }

    [Fact]
    public async Task An_exhausted_subnet_says_how_many_and_what_to_do_and_serves_again_when_one_is_freed()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("tiny", "10.0.0.0/30");
        await _world.AddNicAsync("one", "tiny");
        var nic = await _world.AddNicAsync("two", "tiny");
        Assert.Equal("SubnetExhausted", nic.Ready().Reason);
        Assert.Contains("All 1 addresses of Subnet tiny (10.0.0.0/30) are taken.", nic.Ready().Message, StringComparison.Ordinal);
        await _world.DeleteNicAsync("one");
        Assert.Equal("10.0.0.2", (await _world.ReconcileNicAsync("two")).Address());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_namespace_that_is_not_allowed_is_refused_and_one_that_has_its_address_keeps_it(bool byVpc)
    {
        await _world.WithVpcAsync("default", byVpc ? ["b"] : []);
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { Namespaces = byVpc ? [] : ["b"] });
        var nic = await _world.AddNicAsync("one", "blue");
        Assert.Equal("NamespaceNotAllowed", nic.Ready().Reason);
        Assert.Empty(_world.ClaimedAddresses);

        Assert.True((await _world.AddNicAsync("two", "blue", ns: "b")).Ready().IsTrue);
        if (byVpc)
            return;
        var subnet = _world.Store.Get(ResourceTypes.Subnets, new ObjectKey("blue"));
        await _world.Store.UpdateAsync(ResourceTypes.Subnets, subnet with { Spec = subnet.Spec with { Namespaces = ["c"] } }, Token);
        Assert.True((await _world.ReconcileNicAsync("two", "b")).Ready().IsTrue);
    }

    [Fact]
    public async Task Deleting_frees_claims_and_port_and_the_address_is_not_given_to_the_next()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddNicAsync("one", "blue");
        await _world.DeleteNicAsync("one");
        Assert.Empty(_world.Store.List(ResourceTypes.Nics));
        Assert.Empty(_world.ClaimedAddresses);
        Assert.Empty(_world.Store.List(ResourceTypes.MacClaims));
        Assert.Empty(_world.Realizer.Nics);
        Assert.Equal("10.0.0.3", (await _world.AddNicAsync("two", "blue")).Address());
    }

    [Fact]
    public async Task Another_wanted_address_and_mac_replace_the_old_ones_which_are_freed()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddNicAsync("one", "blue");
        var nic = await _world.ChangeNicAsync("one", spec => spec with { Addresses = [IpAddress.Parse("10.0.0.50")], MacAddress = MacAddress.Parse("02:00:00:00:00:01") });
        Assert.Equal("10.0.0.50", nic.Address());
        Assert.Equal(["10.0.0.50"], _world.ClaimedAddresses);
        Assert.Equal("02:00:00:00:00:01", _world.Store.List(ResourceTypes.MacClaims).Single().Spec.MacAddress.ToString());
        Assert.Null(nic.Metadata.Annotation(ReleaseIntent.Annotation));
        Assert.Equal("10.0.0.50", _world.Realizer.Nics.Values.Single().Address());
    }

    [Fact]
    public async Task A_wish_that_is_refused_leaves_the_nic_what_it_has()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddNicAsync("one", "blue", "10.0.0.9");
        await _world.AddNicAsync("two", "blue");
        var nic = await _world.ChangeNicAsync("two", spec => spec with { Addresses = [IpAddress.Parse("10.0.0.9")] });
        Assert.Equal("AddressTaken", nic.Ready().Reason);
        Assert.Equal("10.0.0.2", nic.Address());
        Assert.Equal("10.0.0.2", _world.Realizer.Nics[new ObjectKey("a", "two")].Address());
    }

    [Fact]
    public async Task A_claim_made_before_a_crash_is_found_again()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        var nic = _world.Store.Put(ResourceTypes.Nics, World.NewNic("one", "blue"));
        _world.Store.Put(ResourceTypes.IPClaims, new IPClaim
        {
            Metadata = new ObjectMeta { Name = IPClaim.NameOf("blue", IpAddress.Parse("10.0.0.77")), Labels = [KeyValuePair.Create("fabric.vmnet.io/subnet", "blue")] },
            Spec = new IPClaimSpec
            {
                Subnet = "blue",
                Address = IpAddress.Parse("10.0.0.77"),
                Owner = new ClaimOwner { Namespace = "a", Name = "one", Uid = nic.Metadata.Uid! },
            },
        });
        await _world.SubnetGrain("blue").SweepAsync(Token);
        Assert.Equal("10.0.0.77", (await _world.ReconcileNicAsync("one")).Address());
        Assert.Equal(["10.0.0.77"], _world.ClaimedAddresses);
    }

    [Fact]
    public async Task The_network_failing_leaves_the_addresses_and_the_next_try_finishes()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        _world.Realizer.Fault = new IOException("no network");
        await Assert.ThrowsAsync<IOException>(() => _world.AddNicAsync("one", "blue"));
        var nic = _world.Store.Get(ResourceTypes.Nics, new ObjectKey("a", "one"));
        Assert.Equal(("Unknown", "10.0.0.2"), (nic.Ready().Status, nic.Address()));
        _world.Realizer.Fault = null;
        nic = await _world.ReconcileNicAsync("one");
        Assert.Equal(("True", "10.0.0.2"), (nic.Ready().Status, nic.Address()));
    }

    [Fact]
    public async Task The_active_node_is_that_of_the_newest_attachment_whose_pod_exists()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        var nic = await _world.AddNicAsync("one", "blue");
        var first = _world.Store.Put(ResourceTypes.Pods, new Pod { Metadata = new ObjectMeta { Name = "p1", Namespace = "a" } });
        var second = _world.Store.Put(ResourceTypes.Pods, new Pod { Metadata = new ObjectMeta { Name = "p2", Namespace = "a" } });
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        NicAttachment At(Pod pod, string node, int second) =>
            new() { Node = node, PodName = pod.Metadata.Name!, PodUid = pod.Metadata.Uid!, Phase = AttachmentPhase.Pending, Since = now.AddSeconds(second) };
        await _world.Store.UpdateStatusAsync(ResourceTypes.Nics, nic with { Status = nic.Status! with { Attachments = [At(second, "n2", 5), At(first, "n1", 1)] } }, Token);

        nic = await _world.ReconcileNicAsync("one");
        Assert.Equal("n2", nic.Status!.Node);
        Assert.Equal("n2", _world.Realizer.Nics.Values.Single().Status!.Node);

        await _world.Store.DeleteAsync(ResourceTypes.Pods, new ObjectKey("a", "p2"), second.Metadata.Uid!, Token);
        nic = await _world.ReconcileNicAsync("one");
        Assert.Equal(("n1", 1), (nic.Status!.Node, nic.Status.Attachments.Count));
    }

    [Fact]
    public async Task A_nic_that_is_attached_nowhere_is_meant_for_the_node_its_pod_is_scheduled_to_and_stays_where_it_lives()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        var nic = await _world.AddNicAsync("one", "blue");
        Assert.Null(nic.Status!.Node);

        _world.Placement.Node = "n1";
        nic = await _world.ReconcileNicAsync("one");
        Assert.Equal(("n1", NicPhase.Detached), (nic.Status!.Node, nic.Status.Phase));
        Assert.Equal("n1", _world.Realizer.Nics.Values.Single().Status!.Node);

        var pod = _world.Store.Put(ResourceTypes.Pods, new Pod { Metadata = new ObjectMeta { Name = "p1", Namespace = "a" } });
        await _world.Store.UpdateStatusAsync(
            ResourceTypes.Nics,
            nic with { Status = nic.Status with { Attachments = [new() { Node = "n1", PodName = "p1", PodUid = pod.Metadata.Uid!, Phase = AttachmentPhase.Attached }] } },
            Token);
        _world.Placement.Node = "n2";
        nic = await _world.ReconcileNicAsync("one");
        Assert.Equal("n1", nic.Status!.Node);

        await _world.Store.DeleteAsync(ResourceTypes.Pods, new ObjectKey("a", "p1"), pod.Metadata.Uid!, Token);
        nic = await _world.ReconcileNicAsync("one");
        Assert.Equal(("n2", 0), (nic.Status!.Node, nic.Status.Attachments.Count));

        _world.Placement.Node = null;
        Assert.Null((await _world.ReconcileNicAsync("one")).Status!.Node);
    }

    [Fact]
    public void A_release_intent_survives_its_text()
    {
        var intent = new ReleaseIntent([new HeldAddress(IpAddress.Parse("10.0.0.1"), "u1")], [new Grains.Vpcs.HeldMac(MacAddress.Parse("02:00:00:00:00:01"), "u2")]);
        var nic = intent.WriteTo(World.NewNic("one", "blue"));
        Assert.Equal(intent, ReleaseIntent.Of(nic));
        Assert.True(ReleaseIntent.Of(new ReleaseIntent([], []).WriteTo(nic)).IsEmpty);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
