using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Ovs.Ovsdb.Tests.Servers;
using Ovs.Vswitch;
using Ovs.Vswitch.Control;

namespace Ovs.Ovsdb.Tests;

/// <summary>A real ovs-vswitchd with its dummy datapath: it does everything but touch the machine's network.</summary>
[Trait("kind", "ovs")]
public sealed class VswitchTests : IAsyncLifetime
{
    private static readonly OvsdbMap<string, string> Ours = OvsdbMap.Of(("fabric.vmnet.io/owner", "fabric"), ("fabric.vmnet.io/pod", "u1"));

    private static readonly InternalPort Wanted = new()
    {
        Name = "fx1",
        IfaceId = "ns/nic",
        AttachedMac = "0a:58:00:00:00:01",
        IfaceIdVersion = "u1",
        Mtu = 1400,
        Owner = Ours,
    };

    private OvsdbServer _server = null!;
    private Daemon _vswitchd = null!;
    private OvsdbClient _client = null!;
    private VswitchClient _switch = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await OvsdbServer.StartAsync(OvsdbServer.VswitchSchema);
        await Daemon.RunAsync(
            "/usr/bin/ovs-vsctl", _server.Folder, $"--db={_server.Endpoint}", "--no-wait", "init", "--",
            "set", "Open_vSwitch", ".", "external_ids:system-id=node1", "external_ids:ovn-encap-ip=192.0.2.7", "--",
            "add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=dummy", "external_ids:ovn-nb-cfg=42");
        StartSwitch();
        _client = new(VswitchClient.Options(_server.Endpoint, NullLogger.Instance));
        _switch = new(_client);
        await _client.WaitConnectedAsync(Clients.Deadline);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _vswitchd.DisposeAsync();
        await _server.DisposeAsync();
    }

    private void StartSwitch() => _vswitchd = Daemon.Start(
        "/usr/sbin/ovs-vswitchd", _server.Folder, "--enable-dummy=override", "--disable-system", $"--unixctl={Path.Combine(_server.Folder, "ovs-vswitchd.ctl")}", $"{_server.Endpoint}");

    private Interface Row => _client.Snapshot.Table<Interface>().FindByName("fx1")!;

    [Fact]
    public async Task The_daemon_is_found_by_its_control_socket_and_answers_or_refuses_commands()
    {
        ControlSocket? control = null;
        await Node.Testing.Eventually.HoldsAsync(() => (control = ControlSocket.Find(["/nowhere", _server.Folder], "ovs-vswitchd")) is not null);

        Assert.StartsWith("ovs-vswitchd (Open vSwitch) ", await control!.CallAsync("version", Clients.Deadline), StringComparison.Ordinal);
        Assert.Equal("", await control.CallAsync("vlog/set", Clients.Deadline, "ofproto:console:info"));
        var refusal = await Assert.ThrowsAsync<ControlException>(() => control.CallAsync("nonsense", Clients.Deadline));
        Assert.Contains("\"nonsense\" is not a valid command", refusal.Message, StringComparison.Ordinal);
        Assert.Null(ControlSocket.Find([_server.Folder], "ovn-controller"));
    }

    [Fact]
    public async Task A_port_added_is_made_when_the_call_returns()
    {
        Assert.Equal(PortAddition.Added, await _switch.AddAsync(Wanted, Clients.Deadline));

        var state = PortState.Read(_client.Snapshot, "fx1");
        Assert.True(state.IsMade);
        Assert.False(state.IsReady);
        Assert.Equal(
            Ours.With(OvsdbMap.Of(("iface-id", "ns/nic"), ("attached-mac", "0a:58:00:00:00:01"), ("iface-id-ver", "u1"))), Row.ExternalIds);
        Assert.Equal(1400, Row.Mtu);
        Assert.Equal("fx1", Assert.Single(_switch.OwnedBy(Ours)).Name);
        Assert.Empty(_switch.OwnedBy(Ours.With("fabric.vmnet.io/pod", "u2")));
    }

    [Fact]
    public async Task Ports_asked_for_at_once_are_made_in_few_commits_and_each_is_answered_for_itself()
    {
        await _client.TransactAsync(
            [
                Ovsdb.Row.Insert(new Interface { Name = "alien", Type = "internal" }, "i"), Ovsdb.Row.Insert(new Port { Name = "alien", Interfaces = [RowId.Named("i")] }, "p"),
                Ovsdb.Row.Mutate<Bridge>(_client.Snapshot.Table<Bridge>().FindByName("br-int")!.Uuid, Bridge.Columns.Ports.Insert([RowId.Named("p")])),
            ],
            Clients.Deadline);
        var before = _client.Snapshot.Table<OpenVSwitch>().Single().NextCfg;
        var names = Enumerable.Range(0, 100).Select(number => $"many{number}").ToArray();

        var added = await Task.WhenAll(names.Append("alien").Select(name => _switch.AddAsync(Wanted with { Name = name, IfaceId = $"ns/{name}" }, Clients.Deadline)));

        Assert.Equal([.. names.Select(_ => PortAddition.Added), PortAddition.NameTaken], added);
        Assert.All(names, name => Assert.True(PortState.Read(_client.Snapshot, name).IsMade));
        Assert.InRange(_client.Snapshot.Table<OpenVSwitch>().Single().NextCfg - before, 1, 10);
        Assert.True(await _switch.RemoveAsync([.. names, "never"], Clients.Deadline));
        Assert.Empty(_switch.OwnedBy(Ours));
    }

    [Fact]
    public async Task Who_gives_up_waiting_for_a_stopped_switch_keeps_nobody_from_the_database()
    {
        await _vswitchd.DisposeAsync();
        using var impatient = new CancellationTokenSource();
        var adding = _switch.AddAsync(Wanted, impatient.Token);
        await _client.Replica.WaitUntilAsync(snapshot => snapshot.Table<Port>().FindByName("fx1") is not null, Clients.Deadline);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => adding);

        var removing = _switch.RemoveAsync(["fx1"], Clients.Deadline);

        await _client.Replica.WaitUntilAsync(snapshot => snapshot.Table<Port>().FindByName("fx1") is null, Clients.Deadline);
        Assert.False(removing.IsCompleted);
        StartSwitch();
        Assert.True(await removing);
    }

    [Fact]
    public async Task Adding_again_changes_only_what_differs_and_keeps_OVNs_keys()
    {
        await _switch.AddAsync(Wanted, Clients.Deadline);
        await _client.TransactAsync(Ovsdb.Row.Mutate<Interface>(Row.Uuid, Interface.Columns.ExternalIds.Insert(OvsdbMap.Of(("ovn-installed", "true")))));
        var before = Row;

        Assert.Equal(PortAddition.Unchanged, await _switch.AddAsync(Wanted, Clients.Deadline));
        Assert.Equal(before, Row);
        Assert.Equal(PortAddition.Changed, await _switch.AddAsync(Wanted with { IfaceIdVersion = null, Mtu = 1300 }, Clients.Deadline));
        Assert.Equal(before.Uuid, Row.Uuid);
        Assert.False(Row.ExternalIds.ContainsKey("iface-id-ver"));
        Assert.Equal("true", Row.ExternalIds["ovn-installed"]);
    }

    [Fact]
    public async Task A_port_of_somebody_else_is_not_taken()
    {
        await _switch.AddAsync(Wanted, Clients.Deadline);
        Assert.Equal(PortAddition.NameTaken, await _switch.AddAsync(Wanted with { Owner = Ours.With("fabric.vmnet.io/pod", "u2") }, Clients.Deadline));
        Assert.Equal(PortAddition.NameTaken, await _switch.AddAsync(Wanted with { Name = "br-int" }, Clients.Deadline));
        Assert.Equal(PortAddition.NoBridge, await _switch.AddAsync(Wanted with { Bridge = "none" }, Clients.Deadline));
    }

    [Fact]
    public async Task A_port_removed_leaves_no_row_and_removing_it_again_is_nothing()
    {
        await _switch.AddAsync(Wanted, Clients.Deadline);
        Assert.True(await _switch.RemoveAsync(["fx1", "fx2"], Clients.Deadline));
        Assert.Null(Row);
        Assert.Null(_client.Snapshot.Table<Port>().FindByName("fx1"));
        Assert.False(await _switch.RemoveAsync(["fx1"], Clients.Deadline));
        Assert.Single(_client.Snapshot.Table<Bridge>().Single().Ports);
    }

    [Fact]
    public async Task Waiting_says_what_is_missing_and_ends_when_OVN_has_installed_the_port()
    {
        var soon = TimeSpan.FromMilliseconds(50);
        Assert.Equal("the switch has no interface fx1", (await _switch.WaitReadyAsync("fx1", soon, Clients.Deadline)).Describe());
        await _switch.AddAsync(Wanted, Clients.Deadline);
        Assert.Contains("ovn-controller has not installed", (await _switch.WaitReadyAsync("fx1", soon, Clients.Deadline)).Describe(), StringComparison.Ordinal);

        var waiting = _switch.WaitReadyAsync("fx1", TimeSpan.FromSeconds(20), Clients.Deadline);
        await _client.TransactAsync(Ovsdb.Row.Mutate<Interface>(Row.Uuid, Interface.Columns.ExternalIds.Insert(OvsdbMap.Of(("ovn-installed", "true")))));
        Assert.True((await waiting).IsReady);
    }

    [Fact]
    public async Task Waiting_ends_at_once_when_the_switch_cannot_make_the_port()
    {
        await _switch.AddAsync(Wanted, Clients.Deadline);
        await _client.TransactAsync(Ovsdb.Row.Update<Interface>(Row.Uuid, Interface.Columns.Type.Value("no-such-type")));
        var state = await _switch.WaitReadyAsync("fx1", TimeSpan.FromSeconds(20), Clients.Deadline);
        Assert.True(state.HasFailed);
        Assert.Contains("could not make fx1", state.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_nodes_place_in_OVN_is_read()
    {
        var chassis = Chassis.Read(_client.Snapshot)!;
        Assert.Equal(("node1", null, 42), (chassis.SystemId, chassis.HostName, chassis.NbCfg));
        Assert.Equal([IPAddress.Parse("192.0.2.7")], chassis.EncapAddresses);
    }
}
