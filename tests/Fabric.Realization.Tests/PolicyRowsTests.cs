using Fabric.Policy.Compiling;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Realization.Tests;

/// <summary>What is written for policies and for the Nics they are for, in a real northbound database.</summary>
[Trait("kind", "ovs")]
public sealed class PolicyRowsTests : IAsyncLifetime
{
    private readonly PolicyWorld _world = new();
    private RealizerFixture _ovn = null!;

    public async ValueTask InitializeAsync()
    {
        _ovn = await RealizerFixture.StartAsync(_world);
        await _ovn.ApplyAllAsync(Objects.Vpc("v"), Objects.Subnet("s1", "10.0.1.0/24 fd00:1::/64"));
    }

    public ValueTask DisposeAsync() => _ovn.DisposeAsync();

    private static PolicyId Web { get; } = new(PolicyKind.NetworkPolicy, new("shop", "web"));

    private static PolicyEndpoint Nic(int number, string app, string ns = "shop") => new()
    {
        Nic = new(ns, $"n{number}"),
        Vpc = "v",
        Labels = [KeyValuePair.Create("app", app)],
        Addresses = [IpAddress.Parse($"10.0.1.{number}"), IpAddress.Parse($"fd00:1::{number}")],
    };

    /// <summary>Namespace shop's <c>web</c> is reached by namespace shop's <c>client</c>.</summary>
    private static CompiledPolicy Policy(string from = "client", int port = 80) => NetworkPolicyCompiler.Compile(new()
    {
        Metadata = new() { Namespace = "shop", Name = "web" },
        Spec = new()
        {
            PodSelector = new() { MatchLabels = [KeyValuePair.Create("app", "web")] },
            Ingress =
            [
                new()
                {
                    From = [new() { PodSelector = new() { MatchLabels = [KeyValuePair.Create("app", from)] } }],
                    Ports = [new() { Port = IntOrString.Of(port) }],
                },
            ],
        },
    });

    private async Task AddAsync(PolicyEndpoint nic, int number)
    {
        _world.Set(nic);
        await _ovn.ApplyAllAsync(Objects.Nic(nic, number));
    }

    private Task RealizeAsync() => _world.RealizeAsync(_ovn.Realizer, RealizerFixture.Deadline);

    private Task SeenAsync(Func<OvsdbSnapshot, bool> holds) => _ovn.Other.Replica.WaitUntilAsync(holds, RealizerFixture.Deadline);

    private static string Members(OvsdbSnapshot snapshot, string group) => string.Join(' ', snapshot.Table<PortGroup>()
        .Where(row => row.Name.StartsWith(group, StringComparison.Ordinal))
        .SelectMany(row => row.Ports.Select(port => snapshot.Table<LogicalSwitchPort>().Find(port.Uuid)!.Name)).Order(StringComparer.Ordinal));

    [Fact]
    public async Task A_port_that_comes_is_in_its_groups_in_the_same_transaction()
    {
        _world.Set(Policy());
        await AddAsync(Nic(5, "web"), 5).WaitAsync(RealizerFixture.Deadline).ContinueWith(_ => { }, TaskScheduler.Default);
        await RealizeAsync();
        await SeenAsync(s => Members(s, "np.shop.web") == "shop/n5");

        var alone = 0;
        using var _ = _ovn.Other.Replica.Subscribe(
            change =>
            {
                foreach (var port in change.Of<LogicalSwitchPort>().Where(row => row.Before is null))
                {
                    var groups = change.After.Table<PortGroup>().Count(group => group.Ports.Contains(RowId.Of(port.Uuid)));
                    Interlocked.Add(ref alone, groups == 0 ? 1 : 0);
                }
            },
            out OvsdbSnapshot before);
        await AddAsync(Nic(6, "web"), 6);
        await AddAsync(Nic(7, "client"), 7);
        await SeenAsync(s => Members(s, "np.shop.web") == "shop/n5 shop/n6" && Members(s, "peers.") == "shop/n7");
        Assert.Equal(0, alone);
    }

    [Fact]
    public async Task A_port_waits_for_the_rules_that_are_for_it()
    {
        _world.Set(Policy());
        _world.Set(Nic(5, "web"));
        var outcome = await _ovn.ApplyAsync(Objects.Nic(Nic(5, "web"), 5));
        var waiting = Assert.IsType<RealizationOutcome.Waiting>(outcome);
        Assert.Equal([NorthboundNames.PolicyGroupRow(Web, "v")], waiting.For);
        Assert.DoesNotContain(_ovn.Other.Snapshot.Table<LogicalSwitchPort>(), port => port.Name == "shop/n5");
        await RealizeAsync();
        await SeenAsync(s => Members(s, "np.shop.web") == "shop/n5");
    }

    [Fact]
    public async Task A_policy_that_comes_has_all_its_ports_and_peers_from_its_first_moment()
    {
        await AddAsync(Nic(5, "web"), 5);
        await AddAsync(Nic(6, "client"), 6);
        var seen = new List<string>();
        // Whoever looks at a snapshot may see it before those who subscribed are told.
        var ruled = new TaskCompletionSource();
        using var _ = _ovn.Other.Replica.Subscribe(
            change =>
            {
                // Rules that are there, for ports that are there, with a peer that is missing: a connection would be cut.
                if (change.After.Table<Acl>().Count > 2)
                {
                    seen.Add($"{Members(change.After, "np.shop.web")} | {Members(change.After, "peers.")}");
                }

                if (change.After.Table<Acl>().Any(acl => acl.Name?.Contains("ingress[0]", StringComparison.Ordinal) == true))
                {
                    ruled.TrySetResult();
                }
            },
            out OvsdbSnapshot before);
        _world.Set(Policy());
        await RealizeAsync();
        await ruled.Task.WaitAsync(RealizerFixture.Deadline);
        Assert.Equal(["shop/n5 | shop/n6"], seen.Distinct());
    }

    [Fact]
    public async Task One_member_that_changes_touches_one_row_and_no_rule_and_raises_the_number_of_the_configuration()
    {
        _world.Set(Policy());
        await AddAsync(Nic(5, "client"), 5);
        await AddAsync(Nic(6, "other"), 6);
        _world.Set(Nic(7, "web"));
        await RealizeAsync();
        await AddAsync(Nic(7, "web"), 7);
        // northd makes it, and there is none here.
        await _ovn.Other.TransactAsync(Row.Insert(new NbGlobal()));
        await SeenAsync(s => s.Table<NbGlobal>().Count == 1);
        var changed = new List<string>();
        var version = _ovn.Other.Snapshot.Table<NbGlobal>().Single().NbCfg;
        using var _ = _ovn.Other.Replica.Subscribe(change => changed.AddRange(change.Rows.Select(row => row.GetType().GetGenericArguments()[0].Name)), out OvsdbSnapshot before);
        _world.Set(Nic(6, "client"));
        _ovn.Realizer.Reconsider([new("shop", "n6")]);
        await SeenAsync(s => Members(s, "peers.") == "shop/n5 shop/n6" && s.Table<NbGlobal>().Single().NbCfg > version);
        // Whoever begins to wait when the rows are there need not wait for the subscribers.
        await Eventually.HoldsAsync(() => changed.Count > 0);
        Assert.Equal(["NbGlobal", "PortGroup"], changed.Order(StringComparer.Ordinal));

        _world.Set(Nic(6, "other"));
        _ovn.Realizer.Reconsider([new("shop", "n6")]);
        await SeenAsync(s => Members(s, "peers.") == "shop/n5");
    }

    [Fact]
    public async Task The_number_of_rules_does_not_grow_with_Nics_and_equal_peers_share_a_group()
    {
        for (var i = 5; i < 25; i++)
        {
            _world.Set(Nic(i, i % 2 == 0 ? "web" : "client"));
        }

        _world.Set(Policy());
        _world.Set(Policy() with { Id = new(PolicyKind.NetworkPolicy, new("shop", "again")) });
        await RealizeAsync();
        await _ovn.ApplyAllAsync([.. _world.Nics.Select(nic => (object)Objects.Nic(nic, int.Parse(nic.Nic.Name[1..])))]);
        await SeenAsync(s => Members(s, "peers.").Split(' ').Length == 10);
        var snapshot = _ovn.Other.Snapshot;
        // Of each policy: two essentials, its rule, its two defaults; and the spoof guard of the switch.
        Assert.Equal((2 * 5) + 2, snapshot.Table<Acl>().Count);
        Assert.Equal(["np", "np", "peers"], snapshot.Table<PortGroup>().Select(row => row.Name.Split('.')[0]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("short", "sg shop/short ingress[0]")]
    [InlineData("the-group-of-all-that-is-behind-the-second-load-balancer-of-the-shop", "is-behind-the-second-load-balancer-of-the-shop ingress[0]")]
    public async Task A_rule_is_logged_if_it_says_so_under_a_name_that_northd_takes_and_that_tells_its_place(string group, string name)
    {
        _world.Set(Nic(5, "web"));
        _world.Set(SecurityGroupCompiler.Compile(new()
        {
            Metadata = new() { Namespace = "shop", Name = group },
            Spec = new() { Selector = new(), Ingress = [new() { Log = true, Action = SecurityAction.Reject, Protocol = SecurityProtocol.TCP }, new() { Protocol = SecurityProtocol.UDP }] },
        }));
        await RealizeAsync();
        await SeenAsync(s => s.Table<Acl>().Count(acl => acl.Name?.EndsWith(']') == true) == 2);
        var rules = _ovn.Other.Snapshot.Table<Acl>().Where(acl => acl.Name?.EndsWith(']') == true).OrderBy(acl => acl.Name, StringComparer.Ordinal).ToArray();
        Assert.EndsWith(name, rules[0].Name, StringComparison.Ordinal);
        Assert.InRange(rules[0].Name!.Length, name.Length, 63);
        Assert.Equal((true, AclSeverity.Info, AclAction.Reject), (rules[0].Log, rules[0].Severity, rules[0].Action));
        Assert.Equal((false, null, AclAction.AllowRelated), (rules[1].Log, rules[1].Severity, rules[1].Action));
    }

    [Fact]
    public async Task What_is_done_by_hand_is_undone_and_what_is_not_ours_stays()
    {
        _world.Set(Policy());
        _world.Set(Nic(5, "web"));
        await RealizeAsync();
        await AddAsync(Nic(5, "web"), 5);
        await AddAsync(Nic(6, "other"), 6);
        // What the realizer has been answered may still be on its way to others.
        await SeenAsync(s => Members(s, "np.shop.web") == "shop/n5" && s.Table<LogicalSwitchPort>().FindByName("shop/n6") is not null);
        var snapshot = _ovn.Other.Snapshot;
        var (web, other) = (Port("shop/n5"), Port("shop/n6"));
        var group = snapshot.Table<PortGroup>().Single(row => row.Name.StartsWith("np.", StringComparison.Ordinal));
        var foreign = Guid.NewGuid();
        await _ovn.Other.TransactAsync(
            Row.Mutate<PortGroup>(group.Uuid, PortGroup.Columns.Ports.Delete([RowId.Of(web)]), PortGroup.Columns.Ports.Insert([RowId.Of(other)])),
            Row.Insert(new PortGroup { Uuid = foreign, Name = "theirs", Ports = [RowId.Of(web), RowId.Of(other)] }));
        await SeenAsync(s => Members(s, "np.shop.web") == "shop/n5" && Members(s, "theirs") == "shop/n5 shop/n6");

        await _ovn.Other.TransactAsync(Row.Delete<PortGroup>(group.Uuid));
        await SeenAsync(s => Members(s, "np.shop.web") == "shop/n5" && s.Table<Acl>().Count == 7);

        Guid Port(string name) => _ovn.Other.Snapshot.Table<LogicalSwitchPort>().Single(row => row.Name == name).Uuid;
    }

    [Fact]
    public async Task A_policy_that_goes_takes_its_rows_along_and_one_that_changes_changes_its_rules_alone()
    {
        _world.Set(Policy());
        _world.Set(Nic(5, "web"));
        await RealizeAsync();
        await AddAsync(Nic(5, "web"), 5);
        // What the realizer has been answered may still be on its way to others.
        await SeenAsync(s => Members(s, "np.shop.web") == "shop/n5");
        var group = _ovn.Other.Snapshot.Table<PortGroup>().Single(row => row.Name.StartsWith("np.", StringComparison.Ordinal)).Uuid;
        _world.Set(Policy(port: 443));
        await RealizeAsync();
        await SeenAsync(s => s.Table<Acl>().Any(acl => acl.Match.EndsWith("tcp.dst == 443", StringComparison.Ordinal)) && s.Table<PortGroup>().Find(group) is { Ports.Count: 1 });

        await _ovn.Realizer.RemoveAsync(RowOwner.Policy(Web), RealizerFixture.Deadline);
        await SeenAsync(s => s.Table<PortGroup>().Find(group) is null && s.Table<Acl>().Count == 2);
    }

    [Fact]
    public async Task Rows_of_policies_that_went_unseen_are_swept()
    {
        _world.Set(Policy());
        _world.Set(Nic(5, "web"));
        await RealizeAsync();
        await AddAsync(Nic(5, "web"), 5);
        await _ovn.RestartRealizerAsync();
        var swept = await _ovn.Realizer.SweepAsync((owner, _) => ValueTask.FromResult(owner.Kind is RowOwnerKind.Subnet or RowOwnerKind.Vpc or RowOwnerKind.Nic), RealizerFixture.Deadline);
        Assert.Equal([RowOwnerKind.Peers, RowOwnerKind.NetworkPolicy], swept.Select(owner => owner.Kind).Order());
        await SeenAsync(s => s.Table<PortGroup>().Count == 0);
    }

    [Fact]
    public async Task What_a_Nic_may_send_beside_its_own_is_in_port_security()
    {
        var nic = Objects.Nic(Nic(5, "web"), 5);
        await _ovn.ApplyAllAsync(nic with
        {
            Spec = nic.Spec with
            {
                AllowedAddresses =
                [
                    new() { Address = IpPrefix.Parse("10.0.1.100/32") }, new() { Address = IpPrefix.Parse("192.168.0.0/16") },
                    new() { Address = IpPrefix.Parse("10.0.1.101/32"), MacAddress = MacAddress.Parse("00:00:5e:00:01:07") },
                ],
                Serves = [NicService.DHCP],
            },
        });
        await SeenAsync(s => s.Table<LogicalSwitchPort>().Any(row => row.Name == "shop/n5"
            && row.PortSecurity == ["0a:58:00:00:00:05 10.0.1.5 fd00:1::5 10.0.1.100 192.168.0.0/16", "00:00:5e:00:01:07 10.0.1.101"]
            && row.Addresses == ["0a:58:00:00:00:05 10.0.1.5 fd00:1::5", "unknown"]));
        Assert.Equal(3, _ovn.Other.Snapshot.Table<Acl>().Count);

        await _ovn.ApplyAllAsync(nic with { Spec = nic.Spec with { SpoofGuard = false } });
        await SeenAsync(s => s.Table<LogicalSwitchPort>().Any(row => row.Name == "shop/n5" && row.PortSecurity.Count == 0) && s.Table<Acl>().Count == 3);
        await _ovn.ApplyAllAsync(nic);
        await SeenAsync(s => s.Table<LogicalSwitchPort>().Any(row => row.Name == "shop/n5" && row.PortSecurity == row.Addresses) && s.Table<Acl>().Count == 2);
    }
}
