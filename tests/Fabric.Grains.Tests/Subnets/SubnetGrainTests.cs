using Fabric.Grains.Tests.Testing;
using Fabric.Grains.Vpcs;
using Fabric.Primitives;
using Fabric.Resources;
using Node.Testing;

namespace Fabric.Grains.Tests.Subnets;

public sealed class SubnetGrainTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly World _world;

    public SubnetGrainTests() => _world = new World(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subnet_gets_switch_gateway_and_statistics_that_follow()
    {
        await _world.WithVpcAsync();
        var subnet = await _world.AddSubnetAsync("blue", "10.0.0.0/29", spec => spec with { Ipv4 = spec.Ipv4! with { Gateway = IpAddress.Parse("10.0.0.6") } });
        Assert.True(subnet.Ready().IsTrue);
        Assert.Equal(("switch-blue", "10.0.0.6", 5L, 0L, 5L), (subnet.Status!.Switch, subnet.Status.Ipv4!.Gateway.ToString(), subnet.Status.Ipv4.Capacity, subnet.Status.Used, subnet.Status.Free));
        Assert.Equal("10.0.0.1", (await _world.AddNicAsync("one", "blue")).Address());
        await _world.AddNicAsync("two", "blue");
        _time.Advance(TimeSpan.FromSeconds(1));
        // A turn behind the timer's own sees what it wrote.
        await _world.SubnetGrain("blue").HeldByAsync("none", Token);
        var status = _world.Store.Get(ResourceTypes.Subnets, new ObjectKey("blue")).Status!;
        Assert.Equal((5L, 2L, 3L), (status.Ipv4!.Capacity, status.Used, status.Free));
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_the_condition_and_no_address_is_given()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        _time.Advance(TimeSpan.FromSeconds(1));
        var green = await _world.AddSubnetAsync("green", "10.0.0.0/25");
        Assert.Equal(("False", "CidrOverlap"), (green.Ready().Status, green.Ready().Reason));
        Assert.Contains("Subnet blue", green.Ready().Message, StringComparison.Ordinal);
        Assert.True((await _world.ReconcileSubnetAsync("blue")).Ready().IsTrue);
        Assert.Equal("SubnetNotReady", (await _world.AddNicAsync("one", "green")).Ready().Reason);
        Assert.DoesNotContain("green", _world.Realizer.Subnets.Keys);
    }

    [Fact]
    public async Task What_is_wrong_is_said_once_in_an_event()
    {
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.ReconcileSubnetAsync("blue");
        var (name, reason, message) = Assert.Single(_world.Warnings);
        Assert.Equal(("blue", "VpcNotFound"), (name, reason));
        Assert.Contains("Vpc default does not exist", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_that_does_not_answer_is_said_in_the_condition_and_keeps_nobody_waiting()
    {
        await _world.WithVpcAsync();
        var answers = new TaskCompletionSource();
        _world.Realizer.Answers = answers.Task;
        _world.Store.Put(ResourceTypes.Subnets, new Subnet { Metadata = new ObjectMeta { Name = "blue" }, Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse("10.0.0.0/24") } } });
        var looked = _world.SubnetGrain("blue").ReconcileAsync(Token);
        while (!looked.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
            Token.ThrowIfCancellationRequested();
        }
        Assert.NotNull(await looked);
        var waiting = _world.Store.Get(ResourceTypes.Subnets, new ObjectKey("blue")).Ready();
        Assert.Equal(("Unknown", "Realizing"), (waiting.Status, waiting.Reason));
        answers.SetResult();
        Assert.True((await _world.ReconcileSubnetAsync("blue")).Ready().IsTrue);
        Assert.Empty(_world.Warnings);
    }

    [Fact]
    public async Task A_missing_vpc_is_said_and_waited_for()
    {
        Assert.Equal("VpcNotFound", (await _world.AddSubnetAsync("blue", "10.0.0.0/24")).Ready().Reason);
        await _world.WithVpcAsync();
        Assert.True((await _world.ReconcileSubnetAsync("blue")).Ready().IsTrue);
        await _world.Runtime.GetGrain<IVpcGrain>(new ObjectKey("default")).ReconcileAsync(Token);
        Assert.Equal(["blue"], _world.Store.Get(ResourceTypes.Vpcs, new ObjectKey("default")).Status!.Subnets);
    }

    [Fact]
    public async Task A_gateway_moved_onto_a_nic_is_refused_by_name()
    {
        await _world.WithVpcAsync();
        var subnet = await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddNicAsync("one", "blue", "10.0.0.9");
        await _world.Store.UpdateAsync(
            ResourceTypes.Subnets,
            subnet with { Spec = subnet.Spec with { Ipv4 = subnet.Spec.Ipv4! with { Gateway = IpAddress.Parse("10.0.0.9") } } },
            Token);
        subnet = await _world.ReconcileSubnetAsync("blue");
        Assert.Equal("AddressTaken", subnet.Ready().Reason);
        Assert.Contains("Nic a/one", subnet.Ready().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subnet_in_use_waits_names_its_users_keeps_them_and_takes_no_new_ones()
    {
        await _world.WithVpcAsync();
        var subnet = await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        foreach (var name in (string[])["n1", "n2", "n3", "n4", "n5"])
            await _world.AddNicAsync(name, "blue");
        await _world.Store.DeleteAsync(ResourceTypes.Subnets, new ObjectKey("blue"), subnet.Metadata.Uid!, Token);
        subnet = await _world.ReconcileSubnetAsync("blue");
        Assert.Equal("InUse", subnet.Ready().Reason);
        Assert.Contains("Nic a/n1 (10.0.0.2), Nic a/n2 (10.0.0.3), Nic a/n3 (10.0.0.4) and 2 more", subnet.Ready().Message, StringComparison.Ordinal);
        Assert.True((await _world.ReconcileNicAsync("n1")).Ready().IsTrue);
        Assert.Equal("SubnetNotReady", (await _world.AddNicAsync("late", "blue")).Ready().Reason);

        foreach (var name in (string[])["n1", "n2", "n3", "n4", "n5"])
            await _world.DeleteNicAsync(name);
        await _world.SubnetGrain("blue").ReconcileAsync(Token);
        Assert.Empty(_world.Store.List(ResourceTypes.Subnets));
        Assert.Empty(_world.Realizer.Subnets);
    }

    [Theory]
    [InlineData("10.0.0.0/23", null)]
    [InlineData("10.0.0.0/25", "CidrBelowUse")]
    [InlineData("10.0.0.128/25", null)]
    public async Task A_range_may_grow_and_shrinks_only_to_what_is_in_use(string cidr, string? reason)
    {
        await _world.WithVpcAsync();
        var subnet = await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddNicAsync("one", "blue", "10.0.0.200");
        subnet = _world.Store.Get(ResourceTypes.Subnets, new ObjectKey("blue"));
        await _world.Store.UpdateAsync(ResourceTypes.Subnets, subnet with { Spec = subnet.Spec with { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse(cidr) } } }, Token);
        subnet = await _world.ReconcileSubnetAsync("blue");
        Assert.Equal(reason ?? "Realized", subnet.Ready().Reason);
        var nic = await _world.ReconcileNicAsync("one");
        Assert.True(nic.Ready().IsTrue);
        if (reason is null)
            Assert.Equal($"10.0.0.200/{cidr[^2..]}", nic.Status!.Addresses[0].ToString());
        else
            Assert.Contains("10.0.0.200 is in use by Nic a/one", subnet.Ready().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vpc_with_subnets_waits_and_names_them()
    {
        await _world.WithVpcAsync("red");
        var subnet = await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { Vpc = "red" });
        var vpc = _world.Store.Get(ResourceTypes.Vpcs, new ObjectKey("red"));
        Assert.Equal("router-red", vpc.Status!.Router);
        await _world.Store.DeleteAsync(ResourceTypes.Vpcs, new ObjectKey("red"), vpc.Metadata.Uid!, Token);
        var grain = _world.Runtime.GetGrain<IVpcGrain>(new ObjectKey("red"));
        await grain.ReconcileAsync(Token);
        vpc = _world.Store.Get(ResourceTypes.Vpcs, new ObjectKey("red"));
        Assert.Equal(("InUse", "It is deleted when it has no Subnets any more. Delete blue."), (vpc.Status!.Conditions[0].Reason, vpc.Status.Conditions[0].Message));

        await _world.Store.DeleteAsync(ResourceTypes.Subnets, new ObjectKey("blue"), subnet.Metadata.Uid!, Token);
        await _world.SubnetGrain("blue").ReconcileAsync(Token);
        await grain.ReconcileAsync(Token);
        Assert.Empty(_world.Store.List(ResourceTypes.Vpcs));
        Assert.Empty(_world.Realizer.Vpcs);
    }

    [Fact]
    public async Task A_claim_seen_in_a_watch_is_known_and_one_seen_to_go_is_free()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/29");
        var stranger = new ClaimOwner { Namespace = "b", Name = "x", Uid = "x" };
        var claim = _world.Store.Put(ResourceTypes.IPClaims, new IPClaim
        {
            Metadata = new ObjectMeta { Name = IPClaim.NameOf("blue", IpAddress.Parse("10.0.0.2")) },
            Spec = new IPClaimSpec { Subnet = "blue", Address = IpAddress.Parse("10.0.0.2"), Owner = stranger },
        });
        await _world.SubnetGrain("blue").ObserveAsync(claim, removed: false, Token);
        var writes = _world.Store.Writes;
        Assert.Equal("10.0.0.3", (await _world.AddNicAsync("one", "blue")).Address());
        Assert.True(_world.Store.Writes > writes);
        await _world.Store.DeleteAsync(ResourceTypes.IPClaims, new ObjectKey(claim.Metadata.Name!), claim.Metadata.Uid!, Token);
        await _world.SubnetGrain("blue").ObserveAsync(claim, removed: true, Token);
        Assert.Equal("10.0.0.2", (await _world.AddNicAsync("two", "blue", "10.0.0.2")).Address());
    }

    [Fact]
    public async Task A_sweep_removes_claims_of_nics_that_are_no_more_also_in_subnets_that_are_no_more()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/29");
        await _world.AddNicAsync("one", "blue");
        foreach (var (subnet, address) in ((string, string)[])[("blue", "10.0.0.5"), ("gone", "10.9.0.5")])
        {
            _world.Store.Put(ResourceTypes.IPClaims, new IPClaim
            {
                Metadata = new ObjectMeta { Name = IPClaim.NameOf(subnet, IpAddress.Parse(address)), Labels = [KeyValuePair.Create("fabric.vmnet.io/subnet", subnet)] },
                Spec = new IPClaimSpec { Subnet = subnet, Address = IpAddress.Parse(address), Owner = new ClaimOwner { Namespace = "a", Name = "one", Uid = "earlier" } },
            });
        }
        var living = await Sweep.RunAsync(_world.Runtime, _world.Store, Token);
        Assert.Equal([new ObjectKey("a", "one")], living);
        Assert.Equal(["10.0.0.2"], _world.ClaimedAddresses);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
