using Node.Testing;
using Ovs.Northbound;
using Ovs.Ovsdb.Tests.Servers;

namespace Ovs.Ovsdb.Tests;

[Trait("kind", "ovs")]
public sealed class ReplicaTests : IAsyncLifetime
{
    private OvsdbServer _server = null!;
    private OvsdbClient _writer = null!;
    private OvsdbClient _reader = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await OvsdbServer.StartAsync(OvsdbServer.NorthboundSchema);
        _writer = await _server.ConnectAsync();
        _reader = await _server.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _reader.DisposeAsync();
        await _server.DisposeAsync();
    }

    private Task<LogicalSwitch> SeenAsync(Guid uuid, Func<LogicalSwitch, bool> condition) => _reader.Replica.WaitUntilAsync(
        snapshot => snapshot.Table<LogicalSwitch>().Find(uuid) is { } row && condition(row) ? row : null, Clients.Deadline);

    [Fact]
    public async Task Changed_sets_and_maps_arrive_as_differences_and_come_out_whole()
    {
        var uuid = await _writer.InsertAsync(new AddressSet
        {
            Name = "a",
            Addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
            ExternalIds = OvsdbMap.Of(("stays", "1"), ("goes", "1"), ("changes", "1")),
        });
        await _writer.TransactAsync(
            Row.Update<AddressSet>(
                uuid,
                AddressSet.Columns.Addresses.Value(["10.0.0.1", "10.0.0.4"]),
                AddressSet.Columns.ExternalIds.Value(OvsdbMap.Of(("stays", "1"), ("changes", "2"), ("comes", "1")))));

        var row = await _reader.Replica.WaitUntilAsync(
            snapshot => snapshot.Table<AddressSet>().Find(uuid) is { Addresses.Count: 2 } row ? row : null, Clients.Deadline);
        Assert.Equal(["10.0.0.1", "10.0.0.4"], row.Addresses);
        Assert.Equal(OvsdbMap.Of(("changes", "2"), ("comes", "1"), ("stays", "1")), row.ExternalIds);
        Assert.Equal(_writer.Snapshot.Table<AddressSet>().Find(uuid), row);
    }

    [Fact]
    public async Task An_optional_column_is_set_changed_and_cleared()
    {
        await _writer.TransactAsync(
            Row.Insert(new LogicalSwitchPort { Name = "p" }, "p"),
            Row.Insert(new LogicalSwitch { Name = "s", Ports = [RowId.Named("p")] }));
        var uuid = _writer.Snapshot.Table<LogicalSwitchPort>().FindByName("p")!.Uuid;
        foreach (long? tag in (long?[])[7, 9, null])
        {
            await _writer.TransactAsync(Row.Update<LogicalSwitchPort>(
                uuid, LogicalSwitchPort.Columns.Tag.Value(tag), LogicalSwitchPort.Columns.ParentName.Value(tag?.ToString())));
            await _reader.Replica.WaitUntilAsync(
                snapshot => snapshot.Table<LogicalSwitchPort>().Find(uuid) is { } row && row.Tag == tag && row.ParentName == tag?.ToString(),
                Clients.Deadline);
        }
    }

    [Fact]
    public async Task Enumerations_read_as_they_were_written()
    {
        await _writer.TransactAsync(
            Row.Insert(new Acl { Priority = 1, Direction = AclDirection.FromLport, Action = AclAction.AllowRelated, Match = "ip4", Severity = AclSeverity.Info }, "acl"),
            Row.Insert(new QoS { Priority = 1, Direction = QoSDirection.ToLport, Match = "ip4", Bandwidth = [new(QoSBandwidth.Rate, 1000)] }, "qos"),
            Row.Insert(new LogicalSwitch { Name = "s", Acls = [RowId.Named("acl")], QosRules = [RowId.Named("qos")] }));

        var snapshot = await _reader.Replica.WaitUntilAsync(s => s.Table<QoS>().Count == 1 ? s : null, Clients.Deadline);
        var acl = Assert.Single(snapshot.Table<Acl>());
        Assert.Equal((AclDirection.FromLport, AclAction.AllowRelated, AclSeverity.Info), (acl.Direction, acl.Action, acl.Severity));
        Assert.Equal(1000, Assert.Single(snapshot.Table<QoS>()).Bandwidth[QoSBandwidth.Rate]);
    }

    [Fact]
    public async Task A_name_passes_from_one_row_to_another_within_a_transaction()
    {
        var first = await _writer.InsertAsync(new PortGroup { Name = "a" });
        var second = await _writer.InsertAsync(new PortGroup { Name = "b" });
        await _writer.TransactAsync(
            Row.Update<PortGroup>(first, PortGroup.Columns.Name.Value("b")), Row.Update<PortGroup>(second, PortGroup.Columns.Name.Value("a")));

        Assert.Equal(second, _writer.Snapshot.Table<PortGroup>().FindByName("a")!.Uuid);
        Assert.Equal(first, _writer.Snapshot.Table<PortGroup>().FindByName("b")!.Uuid);
        await _writer.TransactAsync(Row.Delete<PortGroup>(first));
        Assert.Null(_writer.Snapshot.Table<PortGroup>().FindByName("b"));
    }

    [Fact]
    public async Task A_subscriber_hears_each_transaction_once_and_whole()
    {
        var heard = new List<ReplicaChange>();
        using (_writer.Replica.Subscribe(heard.Add, out var start))
        {
            Assert.Empty(start.Table<LogicalSwitch>());
            await _writer.TransactAsync(Row.Insert(new LogicalSwitch { Name = "s" }), Row.Insert(new LogicalRouter { Name = "r" }));
        }

        await _writer.InsertAsync(new LogicalSwitch { Name = "unheard" });

        var change = Assert.Single(heard);
        Assert.False(change.IsResync);
        Assert.Null(Assert.Single(change.Of<LogicalSwitch>()).Before);
        Assert.Equal("r", Assert.Single(change.Of<LogicalRouter>()).After!.Name);
        Assert.Equal(2, change.Rows.Length);
    }

    [Fact]
    public async Task A_subscriber_that_throws_harms_neither_others_nor_the_connection()
    {
        var heard = 0;
        using var bad = _writer.Replica.Subscribe(_ => throw new InvalidOperationException("test"), out _);
        using var good = _writer.Replica.Subscribe(_ => heard++, out _);
        await _writer.InsertAsync(new LogicalSwitch { Name = "s" });
        Assert.Equal(1, heard);
        Assert.True(_writer.IsConnected);
    }

    [Fact]
    public async Task After_a_restart_of_the_server_only_what_changed_meanwhile_is_told()
    {
        var stays = await _writer.InsertAsync(new LogicalSwitch { Name = "stays" });
        var goes = await _writer.InsertAsync(new LogicalSwitch { Name = "goes" });
        await SeenAsync(goes, _ => true);
        await _reader.DisposeAsync();
        await _server.StopAsync();

        // A client that sees the server go and come back with another content: two databases, one socket.
        await using var other = await OvsdbServer.StartAsync(OvsdbServer.NorthboundSchema, folder: Directory.CreateTempSubdirectory("fabric-ovsdb-").FullName);
        var changes = new List<ReplicaChange>();
        using var subscription = _writer.Replica.Subscribe(changes.Add, out _);
        await using (var editor = await other.ConnectAsync())
        {
            await editor.TransactAsync(
                Row.Insert(new LogicalSwitch { Uuid = stays, Name = "stays" }), Row.Insert(new LogicalRouter { Name = "came" }));
        }

        await other.StopAsync();
        File.Copy(other.DatabaseFile, _server.DatabaseFile, overwrite: true);
        await _server.StartAsync();
        await _writer.Replica.WaitUntilAsync(snapshot => snapshot.Table<LogicalRouter>().Count == 1, Clients.Deadline);
        // Whoever begins to wait when the rows are there need not wait for the subscribers.
        await Eventually.HoldsAsync(() => changes.Count > 0);

        var change = Assert.Single(changes);
        Assert.True(change.IsResync);
        Assert.Equal(goes, Assert.Single(change.Of<LogicalSwitch>()).Uuid);
        Assert.Equal("came", Assert.Single(change.Of<LogicalRouter>()).After!.Name);
        Assert.Equal(2, change.Rows.Length);
        await _writer.WaitConnectedAsync(Clients.Deadline);
        await _writer.InsertAsync(new LogicalSwitch { Name = "works again" });
    }

    [Fact]
    public async Task A_transaction_waits_for_the_server_to_come_back()
    {
        await _server.StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            while (true)
            {
                try
                {
                    await _writer.TransactAsync([new Comment("x")], soon.Token);
                }
                catch (OvsdbException e)
                {
                    Assert.True(e.IsTransient);
                }
            }
        });

        // What is sent before the client has noticed that the server is gone is lost and not waited with.
        await Eventually.HoldsAsync(() => !_writer.IsConnected);
        var later = _writer.TransactAsync(new Comment("y"));
        await _server.StartAsync();
        await later;
    }

    [Fact]
    public async Task Disposing_the_client_ends_those_who_wait_for_a_connection()
    {
        await _server.StopAsync();
        var client = new OvsdbClient(Clients.Options(_server.Endpoint));
        var waiting = client.WaitConnectedAsync(Clients.Deadline);
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
    }
}
