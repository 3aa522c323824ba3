using System.Diagnostics.Metrics;
using Fabric.Primitives;
using Fabric.Resources;
using Node.Testing;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Realization.Tests;

[Trait("kind", "ovs")]
public sealed class NorthboundRealizerTests : IAsyncLifetime
{
    private const string Mac = "0a:58:00:00:00:05";

    private static readonly Vpc V = Objects.Vpc("v");

    private static readonly Subnet A = Objects.Subnet("a", "10.0.1.0/24 fd00:1::/64", dhcp: new()
    {
        LeaseSeconds = 3600,
        DnsServers = [IpAddress.Parse("10.0.1.3"), IpAddress.Parse("fd00:1::3"), IpAddress.Parse("10.0.1.4")],
        Domain = "example.org",
        Routes = [new() { Destination = IpPrefix.Parse("192.168.0.0/16"), NextHop = IpAddress.Parse("10.0.1.9") }],
    });

    private static readonly Subnet B = new()
    {
        Metadata = new() { Name = "b" },
        Spec = new() { Vpc = "v", Ipv4 = new() { Cidr = IpPrefix.Parse("10.0.2.0/24") }, Dhcp = new() { Enabled = false }, Private = true, AllowSubnets = ["a"] },
    };

    private static readonly Nic N = Objects.Nic("pod.p.eth0", "a", "10.0.1.5/24 fd00:1::5/64", Mac, "node1");

    private static readonly string MacA = NorthboundNames.RouterMac("v", "a").ToString();

    private static readonly string MacB = NorthboundNames.RouterMac("v", "b").ToString();

    private static readonly string Expected =
        $$"""
        acl FromLport 1000 ip Drop ids=Subnet b (isolation drop)
        acl FromLport 1001 ip4.src == {10.0.2.0/24, 0.0.0.0, $subnet.a.ip4} && ip4.dst == {10.0.2.0/24, 224.0.0.0/4, 255.255.255.255, $subnet.a.ip4} Allow ids=Subnet b (isolation ip4)
        acl FromLport 32500 ((ip4 && udp.dst == 68) || (ip6 && udp.dst == 546)) Drop ids=Subnet a (spoof guard)
        acl FromLport 32500 ((ip4 && udp.dst == 68) || (ip6 && udp.dst == 546)) Drop ids=Subnet b (spoof guard)
        acl FromLport 32501 inport == "subnet.a.router" && ((ip4 && udp.dst == 68) || (ip6 && udp.dst == 546)) AllowStateless ids=Subnet a (spoof guard but for the router)
        acl FromLport 32501 inport == "subnet.b.router" && ((ip4 && udp.dst == 68) || (ip6 && udp.dst == 546)) AllowStateless ids=Subnet b (spoof guard but for the router)
        dhcp 10.0.1.0/24 options={classless_static_route={192.168.0.0/16,10.0.1.9, 0.0.0.0/0,10.0.1.1}, dns_server={10.0.1.3, 10.0.1.4}, domain_name="example.org", lease_time=3600, mtu=1442, router=10.0.1.1, server_id=10.0.1.1, server_mac={{MacA}}} ids=Subnet a (dhcpv4)
        dhcp fd00:1::/64 options={dns_server=fd00:1::3, server_id={{MacA}}} ids=Subnet a (dhcpv6)
        port ns/pod.p.eth0 type= addresses=[{{Mac}} 10.0.1.5 fd00:1::5] security=[{{Mac}} 10.0.1.5 fd00:1::5] options={requested-chassis=node1} dhcp=[dhcp 10.0.1.0/24, dhcp fd00:1::/64] tag= ids=Nic ns/pod.p.eth0 (port)
        port subnet.a.router type=router addresses=[router] security=[] options={router-port=subnet.a.gateway} dhcp=[] tag= ids=Subnet a (router-port)
        port subnet.b.router type=router addresses=[router] security=[] options={router-port=subnet.b.gateway} dhcp=[] tag= ids=Subnet b (router-port)
        router vpc.v ports=[subnet.a.gateway, subnet.b.gateway] ids=Vpc v (router)
        router-port subnet.a.gateway mac={{MacA}} networks=[10.0.1.1/24, fd00:1::1/64] ra={address_mode=dhcpv6_stateful, dnssl=example.org, mtu=1442, send_periodic=true} ids=Subnet a (gateway)
        router-port subnet.b.gateway mac={{MacB}} networks=[10.0.2.1/24] ra={} ids=Subnet b (gateway)
        set subnet.a.ip4 [10.0.1.0/24] ids=Subnet a (ip4 in v)
        set subnet.a.ip6 [fd00:1::/64] ids=Subnet a (ip6 in v)
        set subnet.b.ip4 [10.0.2.0/24] ids=Subnet b (ip4 in v)
        switch subnet.a config={mcast_snoop=false} ports=[ns/pod.p.eth0, subnet.a.router] acls=2 ids=Subnet a (switch)
        switch subnet.b config={mcast_snoop=false} ports=[subnet.b.router] acls=4 ids=Subnet b (switch)
        """;

    private RealizerFixture _nb = null!;

    public async ValueTask InitializeAsync() => _nb = await RealizerFixture.StartAsync();

    public ValueTask DisposeAsync() => _nb.DisposeAsync();

    private async Task ApplyAllAsync()
    {
        await _nb.ApplyAllAsync(V, A, B, N);
        await _nb.ExpectAsync(Expected);
    }

    private OvsdbSnapshot Rows => _nb.Other.Snapshot;

    private LogicalSwitchPort Port(string name) => Rows.Table<LogicalSwitchPort>().FindByName(name)!;

    private LogicalSwitch Switch(string name) => Rows.Table<LogicalSwitch>().Single(row => row.Name == name);

    [Fact]
    public async Task Objects_become_these_rows_and_no_others()
    {
        await ApplyAllAsync();
    }

    [Fact]
    public async Task Objects_applied_at_once_share_a_transaction()
    {
        var changes = 0;
        using (_nb.Other.Replica.Subscribe(_ => Interlocked.Increment(ref changes), out _))
        {
            var nics = Enumerable.Range(2, 50).Select(i => Objects.Nic($"pod.p{i}.eth0", "a", $"10.0.1.{i}/24", $"0a:58:00:00:01:{i:x2}"));
            // Only what is wanted while something else is written shares the next, and a transaction may end while the next wish is made.
            _nb.Realizer.Pause();
            var applying = _nb.ApplyAllAsync([V, A, .. nics]);
            _nb.Realizer.Resume();
            await applying;
            await _nb.Other.Replica.WaitUntilAsync(snapshot => snapshot.Table<LogicalSwitchPort>().Count == 51, RealizerFixture.Deadline);
            // Whoever begins to wait when the rows are there need not wait for the subscribers.
            await Eventually.HoldsAsync(() => Volatile.Read(ref changes) > 0);
        }

        Assert.InRange(changes, 1, 5);
    }

    [Fact]
    public async Task Transactions_are_counted()
    {
        var counted = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == RealizationMetrics.MeterName && instrument.Name == RealizationMetrics.TransactionsName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref counted, count));
        listener.Start();
        await ApplyAllAsync();
        Assert.NotEqual(0, Interlocked.Read(ref counted));
    }

    [Fact]
    public async Task Applying_again_and_restarting_write_nothing()
    {
        await ApplyAllAsync();
        var before = await NorthboundDump.VersionsAsync(_nb.Other, RealizerFixture.Deadline);

        Assert.Equal(new RealizationOutcome.Realized(IsChanged: false), await _nb.ApplyAsync(A));
        await _nb.RestartRealizerAsync();
        foreach (var outcome in await Task.WhenAll(((object[])[N, A, V, B]).Select(_nb.ApplyAsync)))
        {
            Assert.Equal(new RealizationOutcome.Realized(IsChanged: false), outcome);
        }

        Assert.Empty(await _nb.Realizer.SweepAsync(RealizerFixture.NoneExists, RealizerFixture.Deadline));
        Assert.Equal(before, await NorthboundDump.VersionsAsync(_nb.Other, RealizerFixture.Deadline));
    }

    [Fact]
    public async Task What_is_there_is_there_also_while_the_database_is_away_and_what_was_changed_by_hand_is_not()
    {
        await ApplyAllAsync();
        await _nb.ApplyAsync(N);
        await _nb.Server.StopAsync();
        // What is sent over a connection of before is lost.
        await Eventually.HoldsAsync(() => !_nb.Other.IsConnected);
        Assert.Equal(new RealizationOutcome.Realized(IsChanged: false), await _nb.ApplyAsync(N));
        await _nb.Server.StartAsync();

        await _nb.Other.TransactAsync([Row.Update<LogicalSwitchPort>(Port("ns/pod.p.eth0").Uuid, LogicalSwitchPort.Columns.Addresses.Value([Mac]))]);
        await _nb.ApplyAsync(N);
        await _nb.ExpectAsync(Expected);
    }

    [Fact]
    public async Task What_is_applied_before_what_it_needs_waits_and_is_written_when_that_comes()
    {
        var nic = Assert.IsType<RealizationOutcome.Waiting>(await _nb.ApplyAsync(N));
        Assert.Equal("Logical_Switch of Subnet a (switch)", Assert.Single(nic.For).ToString());
        Assert.IsType<RealizationOutcome.Waiting>(await _nb.ApplyAsync(A));
        Assert.IsType<RealizationOutcome.Waiting>(await _nb.ApplyAsync(B));
        await _nb.ApplyAllAsync(V);
        await _nb.ExpectAsync(Expected);
        Assert.Equal(new RealizationOutcome.Realized(IsChanged: false), await _nb.ApplyAsync(N));
    }

    [Fact]
    public async Task A_nic_without_status_has_no_rows_and_a_changed_one_is_changed_in_place()
    {
        await ApplyAllAsync();
        var uuid = Port("ns/pod.p.eth0").Uuid;

        Assert.Equal(new RealizationOutcome.Realized(IsChanged: true), await _nb.ApplyAsync(N with { Status = N.Status! with { Node = null } }));
        await _nb.ExpectAsync(Expected.Replace("{requested-chassis=node1}", "{}", StringComparison.Ordinal));
        Assert.Equal(uuid, Port("ns/pod.p.eth0").Uuid);

        await _nb.ApplyAsync(N with { Status = null });
        await _nb.Other.Replica.WaitUntilAsync(_ => Port("ns/pod.p.eth0") is null, RealizerFixture.Deadline);
        Assert.Single(Switch("subnet.a").Ports);
    }

    [Theory]
    [InlineData(NicMigrationPhase.Preparing, false, "requested-chassis=node1")]
    [InlineData(NicMigrationPhase.Holding, false, "requested-chassis=node1,node2")]
    [InlineData(NicMigrationPhase.Holding, true, "activation-strategy=rarp, requested-chassis=node1,node2")]
    [InlineData(NicMigrationPhase.Activated, false, "requested-chassis=node1,node2")]
    [InlineData(NicMigrationPhase.Converged, false, "requested-chassis=node1")]
    [InlineData(NicMigrationPhase.Converged, true, "requested-chassis=node1")]
    [InlineData(NicMigrationPhase.RolledBack, false, "requested-chassis=node1")]
    public async Task Two_nodes_have_the_port_from_when_the_target_keeps_frames_until_the_vm_has_moved(NicMigrationPhase phase, bool leftToOvn, string options)
    {
        await ApplyAllAsync();
        var migration = new NicMigration { Uid = "m", Phase = phase, LeftToOvn = leftToOvn, SourceNode = "node1", TargetNode = "node2" };
        await _nb.ApplyAsync(N with { Status = N.Status! with { Migration = migration } });
        await _nb.ExpectAsync(Expected.Replace("{requested-chassis=node1}", $"{{{options}}}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Turning_DHCP_off_and_on_changes_the_ports_of_the_subnet()
    {
        await ApplyAllAsync();
        await _nb.ApplyAllAsync(A with { Spec = A.Spec with { Dhcp = new() { Enabled = false } } });
        await _nb.Other.Replica.WaitUntilAsync(s => s.Table<DhcpOptions>().Count == 0 && Port("ns/pod.p.eth0") is { Dhcpv4Options: null, Dhcpv6Options: null }, RealizerFixture.Deadline);
        Assert.Equal(default, Rows.Table<LogicalRouterPort>().FindByName("subnet.a.gateway")!.Ipv6RaConfigs);
        await _nb.ApplyAllAsync(A);
        await _nb.ExpectAsync(Expected);
    }

    [Fact]
    public async Task Removing_objects_leaves_nothing_and_a_removed_router_takes_its_ports_with_it()
    {
        await ApplyAllAsync();
        await _nb.Realizer.RemoveAsync(RowOwner.Vpc("v"), RealizerFixture.Deadline);
        await _nb.Other.Replica.WaitUntilAsync(
            s => s.Table<LogicalRouter>().Count == 0 && s.Table<LogicalRouterPort>().Count == 0 && s.Table<LogicalSwitchPort>().Count == 1, RealizerFixture.Deadline);
        await _nb.ApplyAllAsync(V);
        await _nb.ExpectAsync(Expected);

        await Task.WhenAll(
            _nb.Realizer.RemoveAsync(RowOwner.Subnet("a"), RealizerFixture.Deadline),
            _nb.Realizer.RemoveAsync(RowOwner.Subnet("b"), RealizerFixture.Deadline),
            _nb.Realizer.RemoveAsync(RowOwner.Vpc("v"), RealizerFixture.Deadline),
            _nb.Realizer.RemoveAsync(RowOwner.Nic(new("ns", "pod.p.eth0")), RealizerFixture.Deadline));
        await _nb.ExpectAsync("");
        Assert.Equal(new RealizationOutcome.Realized(IsChanged: false), await _nb.Realizer.RemoveAsync(RowOwner.Vpc("v"), RealizerFixture.Deadline));
    }

    [Fact]
    public async Task Rows_changed_by_hand_are_put_right()
    {
        await ApplyAllAsync();
        var gateway = Rows.Table<LogicalRouterPort>().FindByName("subnet.a.gateway")!;
        await _nb.Other.TransactAsync(
        [
            Row.Update<LogicalSwitchPort>(Port("ns/pod.p.eth0").Uuid, LogicalSwitchPort.Columns.PortSecurity.Value([]), LogicalSwitchPort.Columns.Enabled.Value(false)),
            Row.Update<LogicalRouterPort>(gateway.Uuid, LogicalRouterPort.Columns.Networks.Value(["192.168.0.1/24"])),
            Row.Update<LogicalRouterPort>(gateway.Uuid, LogicalRouterPort.Columns.Ipv6RaConfigs.Value(OvsdbMap.Of(("address_mode", "slaac")))),
            .. Rows.Table<DhcpOptions>().Select(row => Row.Update<DhcpOptions>(row.Uuid, DhcpOptions.Columns.Options.Value(default))),
        ]);
        await _nb.ExpectAsync(Expected);
        await _nb.Other.Replica.WaitUntilAsync(_ => Port("ns/pod.p.eth0").Enabled is null, RealizerFixture.Deadline);
    }

    [Fact]
    public async Task Rows_removed_by_hand_come_back()
    {
        await ApplyAllAsync();
        await _nb.Other.TransactAsync(
            Row.Delete<LogicalSwitch>(Switch("subnet.a").Uuid), Row.Delete<LogicalRouter>(Rows.Table<LogicalRouter>().Single().Uuid));
        await _nb.ExpectAsync(Expected);
        await _nb.Other.TransactAsync(
            Row.Mutate<LogicalSwitch>(Switch("subnet.a").Uuid, LogicalSwitch.Columns.Ports.Delete([Port("ns/pod.p.eth0").Uuid])));
        await _nb.ExpectAsync(Expected);
    }

    [Fact]
    public async Task A_port_moved_to_another_switch_by_hand_is_moved_back()
    {
        await ApplyAllAsync();
        RowId port = Port("ns/pod.p.eth0").Uuid;
        await _nb.Other.TransactAsync(
            Row.Mutate<LogicalSwitch>(Switch("subnet.a").Uuid, LogicalSwitch.Columns.Ports.Delete([port])),
            Row.Mutate<LogicalSwitch>(Switch("subnet.b").Uuid, LogicalSwitch.Columns.Ports.Insert([port])));
        await _nb.ExpectAsync(Expected);
        Assert.Equal(port.Uuid, Port("ns/pod.p.eth0").Uuid);
    }

    [Fact]
    public async Task Owner_keys_taken_out_are_put_back_and_others_pairs_stay()
    {
        await ApplyAllAsync();
        await _nb.Other.TransactAsync(
            Row.Update<LogicalSwitch>(Switch("subnet.a").Uuid, LogicalSwitch.Columns.ExternalIds.Value(OvsdbMap.Of(("theirs", "1")))));
        await _nb.ExpectAsync(Expected.Replace("ids=Subnet a (switch)", "ids=Subnet a (switch) +1", StringComparison.Ordinal));
        Assert.Equal("1", Switch("subnet.a").ExternalIds["theirs"]);
    }

    [Fact]
    public async Task A_copy_of_a_row_of_ours_is_removed()
    {
        await ApplyAllAsync();
        await _nb.Other.InsertAsync(Switch("subnet.a") with { Uuid = default, Ports = default });
        await _nb.ExpectAsync(Expected);
    }

    [Fact]
    public async Task Rows_of_others_are_never_touched()
    {
        await _nb.Other.TransactAsync(
            Row.Insert(new LogicalSwitchPort { Name = "theirs", Addresses = ["unknown"] }, "p"),
            Row.Insert(new LogicalSwitch { Name = "subnet.a", Ports = [RowId.Named("p")], ExternalIds = OvsdbMap.Of(("neutron:id", "x")) }),
            Row.Insert(new PortGroup { Name = "g" }),
            Row.Insert(new LogicalRouter { Name = "vpc.v" }));
        var theirs = _nb.Dump;

        await _nb.ApplyAllAsync(V, A, B, N);
        await _nb.Other.Replica.WaitUntilAsync(s => s.Table<LogicalSwitchPort>().FindByName("ns/pod.p.eth0") is not null, RealizerFixture.Deadline);
        await _nb.Other.TransactAsync(
            Row.Mutate<LogicalSwitch>(
                Rows.Table<LogicalSwitch>().Single(row => RowIdentity.Read(row.ExternalIds)?.Owner.Key.Name == "a").Uuid,
                LogicalSwitch.Columns.Ports.Insert([RowId.Named("q")])),
            Row.Insert(new LogicalSwitchPort { Name = "q" }, "q"));
        Assert.Empty(await _nb.Realizer.SweepAsync(RealizerFixture.NoneExists, RealizerFixture.Deadline));
        Assert.NotNull(Port("q"));

        await _nb.Realizer.RemoveAsync(RowOwner.Nic(new("ns", "pod.p.eth0")), RealizerFixture.Deadline);
        await _nb.Realizer.RemoveAsync(RowOwner.Subnet("a"), RealizerFixture.Deadline);
        await _nb.Realizer.RemoveAsync(RowOwner.Subnet("b"), RealizerFixture.Deadline);
        await _nb.Realizer.RemoveAsync(RowOwner.Vpc("v"), RealizerFixture.Deadline);
        await _nb.ExpectAsync(theirs);
    }

    [Fact]
    public async Task A_name_that_somebody_else_has_is_a_conflict_for_one_object_only_and_ends_with_it()
    {
        await _nb.Other.TransactAsync(
            Row.Insert(new LogicalSwitchPort { Name = "ns/pod.p.eth0" }, "p"),
            Row.Insert(new LogicalSwitch { Name = "theirs", Ports = [RowId.Named("p")] }));
        // Whoever is answered has been told of what came before.
        await _nb.ApplyAllAsync(V);

        var outcomes = await Task.WhenAll(_nb.ApplyAsync(V), _nb.ApplyAsync(A), _nb.ApplyAsync(B), _nb.ApplyAsync(N));

        var conflict = Assert.IsType<RealizationOutcome.Conflicting>(outcomes[3]);
        Assert.Equal(("Logical_Switch_Port", "ns/pod.p.eth0"), (conflict.With.Table, conflict.With.Name));
        Assert.All(outcomes[..3], outcome => Assert.IsType<RealizationOutcome.Realized>(outcome));

        await _nb.Other.TransactAsync(Row.Delete<LogicalSwitch>(Switch("theirs").Uuid));
        await _nb.ExpectAsync(Expected);
    }

    [Fact]
    public async Task One_object_that_the_database_refuses_does_not_stop_the_others()
    {
        // Both want one name, and neither is there to be seen when they are planned together.
        var twin = N with { Metadata = N.Metadata with { Name = "pod.twin.eth0" } };
        var outcomes = await Task.WhenAll(_nb.ApplyAsync(V), _nb.ApplyAsync(A), _nb.ApplyAsync(B), _nb.ApplyAsync(N), _nb.ApplyAsync(twin));
        Assert.Equal(1, outcomes.Count(outcome => outcome is RealizationOutcome.Conflicting));
        Assert.Equal(4, outcomes.Count(outcome => outcome is RealizationOutcome.Realized));
        await _nb.ExpectAsync(Expected);
    }

    [Fact]
    public async Task Rows_of_objects_that_went_while_nobody_looked_are_swept_and_not_before()
    {
        await ApplyAllAsync();
        await _nb.RestartRealizerAsync();
        await _nb.ApplyAllAsync(V, A, B);
        await _nb.Other.TransactAsync(
            Row.Update<LogicalSwitchPort>(Port("ns/pod.p.eth0").Uuid, LogicalSwitchPort.Columns.Addresses.Value(["unknown"])));
        await _nb.ApplyAllAsync(V);
        Assert.NotNull(Port("ns/pod.p.eth0"));

        Assert.Equal([RowOwner.Nic(new("ns", "pod.p.eth0"))], await _nb.Realizer.SweepAsync(RealizerFixture.NoneExists, RealizerFixture.Deadline));

        await _nb.Other.Replica.WaitUntilAsync(_ => Port("ns/pod.p.eth0") is null, RealizerFixture.Deadline);
        Assert.Equal(2, Rows.Table<LogicalSwitch>().Count);
    }

    [Fact]
    public async Task A_wiped_database_is_rebuilt_without_being_asked()
    {
        await ApplyAllAsync();
        var connections = _nb.Other.Connections;
        await _nb.Server.RestartAsync(wipe: true);
        // Before that it shows what was.
        await Eventually.HoldsAsync(() => _nb.Other.Connections > connections);
        await _nb.ExpectAsync(Expected);
    }

    [Fact]
    public async Task A_database_that_lags_behind_is_brought_up_when_it_comes_back()
    {
        await ApplyAllAsync();
        await _nb.Server.StopAsync();
        var applying = _nb.ApplyAsync(N with { Status = N.Status! with { Node = "node2" } });
        Assert.False(applying.IsCompleted);
        await _nb.Server.StartAsync();
        Assert.IsType<RealizationOutcome.Realized>(await applying);
        await _nb.ExpectAsync(Expected.Replace("node1", "node2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_waits_when_the_realizer_is_disposed_is_told()
    {
        await _nb.Server.StopAsync();
        var applying = _nb.ApplyAsync(V);
        await _nb.Realizer.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => applying);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _nb.ApplyAsync(A));
        await _nb.Server.StartAsync();
    }
}
