using Fabric.Grains.Nics;
using Fabric.Grains.StaticIPs;
using Fabric.Grains.Tests.Testing;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Tests.StaticIPs;

public sealed class StaticIPGrainTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static StaticIPSpec For(string pod, params string[] addresses) => new()
    {
        Subnet = "blue",
        Addresses = [.. addresses.Select(address => IpAddress.Parse(address))],
        Target = new StaticIPTarget { Kind = NicOwnerKind.Pod, Name = pod },
    };

    private static StaticIPSpec ForGroup(string label, params string[] addresses) => new()
    {
        Subnet = "blue",
        Addresses = [.. addresses.Select(address => IpAddress.Parse(address))],
        Selector = new LabelSelector { MatchLabels = [KeyValuePair.Create("app", label)] },
    };

    private async Task<World> WithBlueAsync()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { Ipv6 = new SubnetRange { Cidr = IpPrefix.Parse("fd00::/64") } });
        return _world;
    }

    [Fact]
    public async Task An_address_is_kept_before_while_and_after_its_vm_exists()
    {
        await WithBlueAsync();
        var kept = await _world.AddStaticIPAsync("web", For("web", "10.0.0.2", "fd00::77") with { MacAddress = MacAddress.Parse("02:00:00:00:00:07") });
        Assert.Equal(("True", "Kept"), (kept.Ready().Status, kept.Ready().Reason));
        Assert.Equal(["10.0.0.2", "fd00::77"], _world.ClaimedAddresses);

        // Another gets other addresses, and cannot have these by asking.
        Assert.Equal("10.0.0.3", (await _world.AddNicAsync("other", "blue")).Address());
        var greedy = await _world.AddNicAsync("greedy", "blue", "10.0.0.2");
        Assert.Equal("AddressTaken", greedy.Ready().Reason);
        Assert.Contains("held by StaticIP a/web", greedy.Ready().Message, StringComparison.Ordinal);
        Assert.Equal("MacTaken", (await _world.AddNicAsync("thief", "blue", mac: "02:00:00:00:00:07")).Ready().Reason);

        var nic = await _world.AddNicAsync("web", "blue");
        Assert.Equal(["10.0.0.2/24", "fd00::77/64"], nic.Status!.Addresses.Select(address => address.ToString()));
        Assert.Equal("02:00:00:00:00:07", nic.Status.MacAddress.ToString());
        Assert.Equal(("StaticIP web", "StaticIP web"), (nic.Source("addresses"), nic.Source("macAddress")));
        Assert.Equal("web", (await _world.ReconcileStaticIPAsync("web")).Status!.Reserved[0].Nic);

        await _world.DeleteNicAsync("web");
        kept = await _world.ReconcileStaticIPAsync("web");
        Assert.True(kept.Ready().IsTrue);
        Assert.Null(kept.Status!.Reserved[0].Nic);
        Assert.Equal("AddressTaken", (await _world.ReconcileNicAsync("greedy")).Ready().Reason);

        await _world.DeleteStaticIPAsync("web");
        Assert.Empty(_world.Store.List(ResourceTypes.StaticIPs));
        Assert.Equal("10.0.0.2", (await _world.ReconcileNicAsync("greedy")).Address());
        Assert.True((await _world.ReconcileNicAsync("thief")).Ready().IsTrue);
    }

    [Fact]
    public async Task A_static_ip_that_goes_leaves_its_nic_what_it_has()
    {
        await WithBlueAsync();
        await _world.AddStaticIPAsync("web", For("web", "10.0.0.50"));
        await _world.AddNicAsync("web", "blue");
        await _world.DeleteStaticIPAsync("web");
        Assert.Equal("10.0.0.50", (await _world.ReconcileNicAsync("web")).Address());
        await _world.DeleteNicAsync("web");
        Assert.Empty(_world.ClaimedAddresses);
        Assert.Empty(_world.Store.List(ResourceTypes.MacClaims));
    }

    [Fact]
    public async Task What_a_vm_has_already_is_kept_for_it_from_then_on()
    {
        await WithBlueAsync();
        var nic = await _world.AddNicAsync("web", "blue");
        var kept = await _world.AddStaticIPAsync("web", For("web", nic.Address()));
        Assert.True(kept.Ready().IsTrue);
        Assert.Equal("web", kept.Status!.Reserved[0].Nic);
        await _world.DeleteNicAsync("web");
        Assert.Contains(nic.Address(), _world.ClaimedAddresses);
    }

    [Fact]
    public async Task Conflicts_name_the_other_party_and_end_when_it_gives_way()
    {
        await WithBlueAsync();
        await _world.AddNicAsync("squatter", "blue", "10.0.0.9", "02:00:00:00:00:09");
        var kept = await _world.AddStaticIPAsync("web", For("web", "10.0.0.9") with { MacAddress = MacAddress.Parse("02:00:00:00:00:09") });
        Assert.Equal("AddressTaken", kept.Ready().Reason);
        Assert.Contains("10.0.0.9 is held by Nic a/squatter", kept.Ready().Message, StringComparison.Ordinal);
        Assert.Contains("02:00:00:00:00:09 is held by Nic a/squatter in Vpc default", kept.Ready().Message, StringComparison.Ordinal);
        Assert.Contains(_world.Warnings, warning => warning is ("web", "AddressTaken", _));
        // The VM is not given another address in silence.
        Assert.Equal("AddressTaken", (await _world.AddNicAsync("web", "blue")).Ready().Reason);

        var second = await _world.AddStaticIPAsync("again", For("other", "10.0.0.9"));
        Assert.Equal("AddressTaken", second.Ready().Reason);
        await _world.DeleteNicAsync("squatter");
        Assert.True((await _world.ReconcileStaticIPAsync("web")).Ready().IsTrue);
        Assert.Equal("10.0.0.9", (await _world.ReconcileNicAsync("web")).Address());
        Assert.Contains("Nic a/web", (await _world.ReconcileStaticIPAsync("again")).Ready().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_nic_uses_that_a_static_ip_keeps_is_said_to_be_both()
    {
        await WithBlueAsync();
        await _world.AddStaticIPAsync("web", For("web", "10.0.0.9", "fd00::9") with { MacAddress = MacAddress.Parse("02:00:00:00:00:09") });
        await _world.AddNicAsync("web", "blue");
        Assert.Equal(["web"], (await _world.ReconcileStaticIPAsync("web")).Status!.Nics);
        var other = (await _world.AddStaticIPAsync("other", For("other", "10.0.0.9") with { MacAddress = MacAddress.Parse("02:00:00:00:00:09") })).Ready().Message;
        Assert.Contains("10.0.0.9 is held by Nic a/web and kept for it by StaticIP a/web. Ask for another address, or delete both", other, StringComparison.Ordinal);
        Assert.Contains("02:00:00:00:00:09 is held by Nic a/web and kept for it by StaticIP a/web", other, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_namespace_keeps_nothing_in_a_subnet_that_is_not_for_it()
    {
        await _world.WithVpcAsync("default", "a");
        var subnet = await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        var stranger = await _world.AddStaticIPAsync("web", For("web", "10.0.0.9"), ns: "b");
        Assert.Equal(("False", "NamespaceNotAllowed"), (stranger.Ready().Status, stranger.Ready().Reason));
        Assert.Contains("Vpc default is for the namespaces a only, not for b", stranger.Ready().Message, StringComparison.Ordinal);
        Assert.Empty(_world.ClaimedAddresses);

        // A later change cuts nobody off.
        Assert.True((await _world.AddStaticIPAsync("web", For("web", "10.0.0.9"))).Ready().IsTrue);
        subnet = _world.Store.Get(ResourceTypes.Subnets, new ObjectKey("blue"));
        await _world.Store.UpdateAsync(ResourceTypes.Subnets, subnet with { Spec = subnet.Spec with { Namespaces = ["c"] } }, Token);
        await _world.ReconcileSubnetAsync("blue");
        Assert.True((await _world.ReconcileStaticIPAsync("web")).Ready().IsTrue);
        Assert.Equal(["10.0.0.9"], _world.ClaimedAddresses);
    }

    [Fact]
    public async Task A_namespace_keeps_nothing_of_a_pool_that_is_for_others_also_not_by_a_later_change()
    {
        await WithBlueAsync();
        await _world.AddPoolAsync("gold", new IPPoolSpec { Subnet = "blue", Ranges = [IpRange.Parse("10.0.0.100-10.0.0.109")], Namespaces = ["b"] });
        Assert.Equal("AddressInPool", (await _world.AddStaticIPAsync("web", For("web", "10.0.0.105"))).Ready().Reason);
        Assert.True((await _world.AddStaticIPAsync("web", For("web", "10.0.0.105"), ns: "b")).Ready().IsTrue);

        var kept = await _world.AddStaticIPAsync("db", ForGroup("db", "10.0.0.40"));
        await _world.Store.UpdateAsync(ResourceTypes.StaticIPs, kept with { Spec = kept.Spec with { Addresses = [IpAddress.Parse("10.0.0.40"), IpAddress.Parse("10.0.0.106")] } }, Token);
        Assert.Equal("AddressInPool", (await _world.ReconcileStaticIPAsync("db")).Ready().Reason);
        Assert.Equal(["10.0.0.105", "10.0.0.40"], _world.ClaimedAddresses.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(LabelOperator.In, "", "has no values")]
    [InlineData(LabelOperator.NotIn, "", "has no values")]
    [InlineData(LabelOperator.Exists, "x", "has values")]
    [InlineData(LabelOperator.In, "x", null)]
    [InlineData(LabelOperator.DoesNotExist, "", null)]
    public void A_selector_that_cannot_be_meant_so_is_refused(LabelOperator wanted, string value, string? problem)
    {
        var requirement = new LabelRequirement { Key = "app", Operator = wanted, Values = value.Length == 0 ? [] : [value] };
        var kept = new StaticIP
        {
            Metadata = new ObjectMeta { Name = "db", Namespace = "a" },
            Spec = ForGroup("db", "10.0.0.40") with { Selector = new LabelSelector { MatchExpressions = [requirement] } },
        };
        var refusal = StaticIPRules.Validate(kept, subnet: null).SingleOrDefault();
        Assert.Equal((problem is null ? null : "SelectorUnusable", problem is null ? null : "spec.selector.matchExpressions[0].values"), (refusal?.Reason, refusal?.Field));
        Assert.Contains(problem ?? "", refusal?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_shares_its_addresses_one_for_each_and_says_when_there_are_no_more()
    {
        await WithBlueAsync();
        await _world.AddStaticIPAsync("db", ForGroup("db", "10.0.0.40", "10.0.0.41"));
        var first = await AddLabelledAsync("db-0", "db");
        var second = await AddLabelledAsync("db-1", "db");
        Assert.Equal(["10.0.0.40", "10.0.0.41"], new[] { first.Address(), second.Address() }.Order());
        var third = await AddLabelledAsync("db-2", "db");
        Assert.Equal("StaticIPExhausted", third.Ready().Reason);
        Assert.Equal("10.0.0.2", (await AddLabelledAsync("web-0", "web")).Address());
        await _world.DeleteNicAsync("db-0");
        Assert.Equal(first.Address(), (await _world.ReconcileNicAsync("db-2")).Address());
        Assert.Equal("2 addresses are kept, 2 of them are in use.", (await _world.ReconcileStaticIPAsync("db")).Ready().Message);
    }

    [Fact]
    public async Task A_nic_that_is_plugged_in_keeps_what_it_has_until_it_is_not()
    {
        await WithBlueAsync();
        var nic = await _world.AddNicAsync("web", "blue");
        await _world.PlugInAsync("web");
        await _world.AddStaticIPAsync("web", For("web", "10.0.0.60") with { MacAddress = MacAddress.Parse("02:00:00:00:00:60") });
        var running = await _world.ReconcileNicAsync("web");
        Assert.Equal((nic.Address(), nic.Status!.MacAddress), (running.Address(), running.Status!.MacAddress));
        Assert.True(running.Ready().IsTrue);
        Assert.True(running.Status.Conditions.Find(NicConditions.RestartRequired)!.IsTrue);
        Assert.Equal(NicPhase.Attached, running.Status.Phase);

        var stopped = await _world.UnplugAsync("web");
        Assert.Equal(("10.0.0.60", "02:00:00:00:00:60"), (stopped.Address(), stopped.Status!.MacAddress.ToString()));
        Assert.Null(stopped.Status.Conditions.Find(NicConditions.RestartRequired));
        Assert.Equal(NicPhase.Detached, stopped.Status.Phase);
        Assert.DoesNotContain(nic.Address(), _world.ClaimedAddresses);
    }

    [Fact]
    public async Task Addresses_taken_from_the_list_are_let_go()
    {
        await WithBlueAsync();
        var kept = await _world.AddStaticIPAsync("db", ForGroup("db", "10.0.0.40", "10.0.0.41"));
        await _world.Store.UpdateAsync(ResourceTypes.StaticIPs, kept with { Spec = kept.Spec with { Addresses = [IpAddress.Parse("10.0.0.41"), IpAddress.Parse("10.0.0.42")] } }, Token);
        await _world.ReconcileStaticIPAsync("db");
        Assert.Equal(["10.0.0.41", "10.0.0.42"], _world.ClaimedAddresses);
    }

    [Theory]
    [InlineData("10.0.0.1", "AddressReserved")]
    [InlineData("10.0.0.255", "AddressReserved")]
    [InlineData("10.9.0.4", "AddressOutsideSubnet")]
    [InlineData("fd00::", "AddressReserved")]
    public async Task What_cannot_be_kept_is_said(string address, string reason)
    {
        await WithBlueAsync();
        Assert.Equal(reason, (await _world.AddStaticIPAsync("web", For("web", address))).Ready().Reason);
        Assert.Empty(_world.ClaimedAddresses);
    }

    [Fact]
    public async Task A_missing_subnet_is_waited_for()
    {
        await _world.WithVpcAsync();
        Assert.Equal("SubnetNotFound", (await _world.AddStaticIPAsync("web", For("web", "10.0.0.9"))).Ready().Reason);
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        Assert.True((await _world.ReconcileStaticIPAsync("web")).Ready().IsTrue);
    }

    private async Task<Nic> AddLabelledAsync(string name, string app)
    {
        var nic = World.NewNic(name, "blue");
        _world.Store.Put(ResourceTypes.Nics, nic with { Metadata = nic.Metadata with { Labels = [KeyValuePair.Create("app", app)] } });
        return await _world.ReconcileNicAsync(name);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
