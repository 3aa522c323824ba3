using Ovs.Northbound;
using Ovs.Ovsdb.Tests.Servers;

namespace Ovs.Ovsdb.Tests;

[Trait("kind", "ovs")]
public sealed class TransactTests : IAsyncLifetime
{
    private OvsdbServer _server = null!;
    private OvsdbClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await OvsdbServer.StartAsync(OvsdbServer.NorthboundSchema);
        _client = await _server.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task An_insert_is_in_the_replica_when_it_is_answered()
    {
        for (var i = 0; i < 200; i++)
        {
            var uuid = await _client.InsertAsync(new LogicalSwitch { Name = $"s{i}" });
            Assert.Equal($"s{i}", _client.Snapshot.Table<LogicalSwitch>().Find(uuid)?.Name);
            await _client.TransactAsync(Row.Update<LogicalSwitch>(uuid, LogicalSwitch.Columns.Name.Value("renamed")));
            Assert.Equal("renamed", _client.Snapshot.Table<LogicalSwitch>().Find(uuid)?.Name);
        }
    }

    [Fact]
    public async Task A_row_refers_to_one_inserted_beside_it()
    {
        var results = await _client.TransactAsync(
            Row.Insert(new LogicalSwitchPort { Name = "p", Addresses = ["0a:00:00:00:00:01 10.0.0.2"], Tag = 7 }, "port"),
            Row.Insert(new LogicalSwitch { Name = "s", Ports = [RowId.Named("port")] }));

        var port = _client.Snapshot.Table<LogicalSwitchPort>().FindByName("p")!;
        Assert.Equal(results[0].Uuid, port.Uuid);
        Assert.Equal(7, port.Tag);
        Assert.Null(port.Up);
        Assert.Equal([port.Uuid], _client.Snapshot.Table<LogicalSwitch>().Find(results[1].Uuid!.Value)!.Ports);
    }

    [Fact]
    public async Task A_row_has_the_UUID_it_was_inserted_with_and_no_other_row_can_have_it()
    {
        var uuid = Guid.NewGuid();
        var row = new LogicalSwitch { Uuid = uuid, Name = "s" };
        Assert.Equal(uuid, await _client.InsertAsync(row));

        var e = await Assert.ThrowsAsync<OvsdbException>(() => _client.InsertAsync(row));
        Assert.Equal("duplicate uuid", e.Error);
        Assert.Equal(0, e.OperationIndex);
    }

    [Fact]
    public async Task A_violated_index_fails_at_commit_and_says_which()
    {
        await _client.InsertAsync(new PortGroup { Name = "g" });

        var e = await Assert.ThrowsAsync<OvsdbException>(() => _client.InsertAsync(new PortGroup { Name = "g" }));

        Assert.Equal("constraint violation", e.Error);
        Assert.Null(e.OperationIndex);
        Assert.Contains("\"name\"", e.Details, StringComparison.Ordinal);
        Assert.False(e.IsTransient);
        Assert.False(e.OutcomeUnknown);
        Assert.Single(_client.Snapshot.Table<PortGroup>());
    }

    [Fact]
    public async Task The_operation_that_fails_is_named_and_none_is_carried_out()
    {
        var bad = new Insert("No_Such_Table", []);

        var e = await Assert.ThrowsAsync<OvsdbException>(() => _client.TransactAsync(
            Row.Insert(new LogicalSwitch { Name = "s" }), bad, Row.Insert(new LogicalSwitch { Name = "t" })));

        Assert.Equal(1, e.OperationIndex);
        Assert.Same(bad, e.Operation);
        Assert.NotNull(e.Details);
        Assert.Empty(_client.Snapshot.Table<LogicalSwitch>());
    }

    [Fact]
    public async Task A_reference_to_nothing_violates_integrity()
    {
        var e = await Assert.ThrowsAsync<OvsdbException>(() => _client.InsertAsync(new LogicalSwitch { Name = "s", Ports = [Guid.NewGuid()] }));
        Assert.Equal("referential integrity violation", e.Error);
    }

    [Fact]
    public async Task A_value_outside_its_range_is_a_constraint_violation()
    {
        var e = await Assert.ThrowsAsync<OvsdbException>(() => _client.InsertAsync(
            new Acl { Priority = 40_000, Direction = AclDirection.ToLport, Action = AclAction.Drop }));
        Assert.Equal("constraint violation", e.Error);
        Assert.Equal(0, e.OperationIndex);
    }

    [Fact]
    public async Task An_expectation_that_does_not_hold_fails_the_transaction_as_transient()
    {
        var uuid = await _client.InsertAsync(new LogicalSwitch { Name = "s" });
        await _client.TransactAsync(
            Row.Expect<LogicalSwitch>(uuid, LogicalSwitch.Columns.Name.Value("s")),
            Row.Update<LogicalSwitch>(uuid, LogicalSwitch.Columns.Name.Value("t")));

        var e = await Assert.ThrowsAsync<OvsdbException>(() => _client.TransactAsync(
            Row.Expect<LogicalSwitch>(uuid, LogicalSwitch.Columns.Name.Value("s")),
            Row.Update<LogicalSwitch>(uuid, LogicalSwitch.Columns.Name.Value("u"))));

        Assert.Equal("timed out", e.Error);
        Assert.True(e.IsTransient);
        Assert.Equal("t", _client.Snapshot.Table<LogicalSwitch>().Find(uuid)!.Name);
    }

    [Fact]
    public async Task A_wait_ends_when_its_caller_gives_up_and_the_connection_stays_usable()
    {
        var uuid = await _client.InsertAsync(new LogicalSwitch { Name = "s" });
        var never = Row.Expect<LogicalSwitch>(uuid, LogicalSwitch.Columns.Name.Value("t")) with { Timeout = null };
        using var giveUp = new CancellationTokenSource();
        var waiting = _client.TransactAsync([never], giveUp.Token);

        // The server answers in order but for what waits: once this is answered, the wait has been received.
        await _client.TransactAsync(new Comment("after the wait"));
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await _client.InsertAsync(new LogicalSwitch { Name = "u" });
        Assert.True(_client.IsConnected);
    }

    [Fact]
    public async Task Select_update_mutate_and_delete_answer_with_rows_and_counts()
    {
        var uuid = await _client.InsertAsync(new LogicalSwitch
        {
            Name = "s",
            OtherConfig = OvsdbMap.Of(("a", "1"), ("b", "2")),
            ExternalIds = OvsdbMap.Of(("quote", "\"\\ \u00e9\u4e2d\n")),
        });

        var results = await _client.TransactAsync(
            Row.Mutate<LogicalSwitch>(
                uuid,
                LogicalSwitch.Columns.OtherConfig.DeleteKeys(["a"]),
                LogicalSwitch.Columns.OtherConfig.Insert(OvsdbMap.Of(("b", "ignored"), ("c", "3")))),
            new Select("Logical_Switch", [LogicalSwitch.Columns.Name.EqualTo("s")], []),
            new Update("Logical_Switch", [LogicalSwitch.Columns.OtherConfig.Includes(OvsdbMap.Of(("c", "3")))], [LogicalSwitch.Columns.Name.Value("t")]),
            new Select("Logical_Switch", [LogicalSwitch.Columns.Name.NotEqualTo("s")], ["name"]),
            Row.Delete<LogicalSwitch>(Guid.NewGuid()),
            Row.Delete<LogicalSwitch>(uuid));

        Assert.Equal([1, 0, 1, 0, 0, 1], results.Select(result => (int)result.Count));
        var row = Assert.Single(results[1].RowsOf<LogicalSwitch>());
        Assert.Equal(uuid, row.Uuid);
        Assert.Equal(OvsdbMap.Of(("b", "2"), ("c", "3")), row.OtherConfig);
        Assert.Equal("\"\\ \u00e9\u4e2d\n", row.ExternalIds["quote"]);
        Assert.Equal("t", Assert.Single(results[3].RowsOf<LogicalSwitch>()).Name);
        Assert.Empty(_client.Snapshot.Table<LogicalSwitch>());
    }

    [Fact]
    public async Task An_assertion_of_a_lock_not_held_is_refused()
    {
        var e = await Assert.ThrowsAsync<OvsdbException>(() => _client.TransactAsync(new AssertLock("a_lock")));
        Assert.Equal("not owner", e.Error);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_refused_by_name()
    {
        await using var client = new OvsdbClient(new() { Endpoints = [_server.Endpoint], Database = "Nothing" });
        var e = await Assert.ThrowsAsync<OvsdbException>(() => client.TransactAsync(new Comment("x")));
        Assert.Equal("unknown database", e.Error);
        Assert.Null(e.OperationIndex);
    }

    [Fact]
    public async Task Many_transactions_at_once_are_all_answered()
    {
        var uuids = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => _client.InsertAsync(new LogicalSwitch { Name = $"s{i}" })));
        Assert.Equal(500, uuids.Distinct().Count());
        Assert.Equal(500, _client.Snapshot.Table<LogicalSwitch>().Count);
    }
}
