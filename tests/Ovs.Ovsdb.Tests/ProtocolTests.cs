using System.Text.Json;
using Node.Testing;
using Ovs.Northbound;
using Ovs.Ovsdb.Tests.Servers;

namespace Ovs.Ovsdb.Tests;

/// <summary>What a real server does seldom or not on demand.</summary>
[Trait("kind", "unit")]
public sealed class ProtocolTests : IDisposable
{
    private const string Zero = "00000000-0000-0000-0000-000000000000";
    private const string First = "10000000-0000-0000-0000-000000000000";
    private const string Second = "20000000-0000-0000-0000-000000000000";
    private const string A = "a0000000-0000-0000-0000-000000000000";
    private const string B = "b0000000-0000-0000-0000-000000000000";

    private const string Schema = """{"name":"OVN_Northbound","version":"1.0.0","tables":{"Address_Set":{"columns":{"name":{"type":"string"},"addresses":{"type":"string"}}}}}""";

    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(60);

    private readonly ScriptedServer _server = new();

    public void Dispose() => _server.Dispose();

    private OvsdbClient Connect(TimeProvider? time = null) => new(Clients.Options(_server.Endpoint) with
    {
        Tables = [AddressSet.Table.Monitor()],
        ProbeInterval = ProbeInterval,
        Time = time ?? TimeProvider.System,
    });

    private async Task<(ScriptedServer.Peer Peer, JsonElement Monitor)> AcceptAsync()
    {
        var peer = await _server.AcceptAsync();
        await peer.ReplyAsync(await peer.ExpectAsync("get_schema"), Schema);
        return (peer, await peer.ExpectAsync("monitor_cond_since"));
    }

    private async Task<ScriptedServer.Peer> AcceptAndLoadAsync(string found = "false", string transaction = Zero, string tables = "{}")
    {
        var (peer, monitor) = await AcceptAsync();
        await peer.ReplyAsync(monitor, $$"""[{{found}},"{{transaction}}",{{tables}}]""");
        return peer;
    }

    private static string Tables(params IEnumerable<(string Uuid, string Update)> rows) =>
        $$"""{"Address_Set":{ {{string.Join(',', rows.Select(row => $"\"{row.Uuid}\":{row.Update}"))}} } }""";

    private static string Initial(string uuid, string name) => Tables((uuid, $$"""{"initial":{"name":"{{name}}","addresses":["set",["1","2"]]} }"""));

    [Fact]
    public async Task Only_columns_that_the_server_has_are_asked_for()
    {
        await using var client = Connect();
        var (peer, monitor) = await AcceptAsync();
        using var _ = peer;
        var columns = monitor.GetProperty("params")[2].GetProperty("Address_Set")[0].GetProperty("columns").EnumerateArray().Select(column => column.GetString());
        Assert.Equal(["name", "addresses"], columns);
    }

    [Theory]
    [InlineData("\"echo\"", "[]")]
    [InlineData("17", "[1,{\"a\":[null,\"}\"]}]")]
    [InlineData("[\"any\",{\"thing\":1}]", "[\"\u00e9\"]")]
    public async Task An_echo_is_answered_with_its_own_id_and_parameters(string id, string parameters)
    {
        await using var client = Connect();
        using var peer = await AcceptAndLoadAsync();
        await peer.SendAsync($$"""  {"params":{{parameters}},"method":"echo","id":{{id}}}""");
        var reply = await peer.ExpectAsync("(reply)");
        Assert.Equal(id, reply.GetProperty("id").GetRawText());
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(parameters).RootElement, reply.GetProperty("result")));
        Assert.Equal(JsonValueKind.Null, reply.GetProperty("error").ValueKind);
    }

    [Fact]
    public async Task A_silent_server_is_probed_and_then_given_up()
    {
        var time = new ManualTime();
        await using var client = Connect(time);
        using (var peer = await AcceptAndLoadAsync())
        {
            await client.WaitConnectedAsync(Clients.Deadline);
            time.Advance(ProbeInterval);
            // One answer buys one more interval.
            await peer.ReplyAsync(await peer.ExpectAsync("echo"), "[]");
            await SettleAsync(peer);
            time.Advance(ProbeInterval);
            await peer.ExpectAsync("echo");
            time.Advance(ProbeInterval);
            await peer.ExpectEndAsync();
        }

        var accepting = AcceptAndLoadAsync();
        await Eventually.HoldsAsync(() =>
        {
            // The pause before the next attempt.
            time.Advance(TimeSpan.FromMilliseconds(10));
            return accepting.IsCompleted;
        });
        using var next = await accepting;
        await client.WaitConnectedAsync(Clients.Deadline);
        Assert.Contains("said nothing", client.LastFault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_stood_still_asks_before_it_gives_the_server_up()
    {
        var time = new ManualTime();
        await using var client = Connect(time);
        using var peer = await AcceptAndLoadAsync();
        await client.WaitConnectedAsync(Clients.Deadline);
        time.Leap(10 * ProbeInterval);
        await peer.ReplyAsync(await peer.ExpectAsync("echo"), "[]");
        await SettleAsync(peer);
        Assert.True(client.IsConnected);
    }

    /// <summary>Returns when the client has read all that was sent to it: it answers in order.</summary>
    private static async Task SettleAsync(ScriptedServer.Peer peer)
    {
        await peer.SendAsync("""{"method":"echo","params":[],"id":"settled"}""");
        await peer.ExpectAsync("(reply)");
    }

    [Fact]
    public async Task A_server_that_remembers_is_asked_for_what_came_since()
    {
        await using var client = Connect();
        var changes = new List<ReplicaChange>();
        using var subscription = client.Replica.Subscribe(changes.Add, out _);
        using (var peer = await AcceptAndLoadAsync("false", First, Initial(A, "a")))
        {
            await peer.SendAsync($$"""{"id":null,"method":"update3","params":["replica","{{Second}}",{{Tables((B, """{"insert":{"name":"b"}}"""))}}]}""");
            await client.Replica.WaitUntilAsync(snapshot => snapshot.Table<AddressSet>().Count == 2, Clients.Deadline);
        }

        var (again, monitor) = await AcceptAsync();
        using var second = again;
        Assert.Equal(Second, monitor.GetProperty("params")[3].GetString());
        var since = Tables((A, """{"modify":{"addresses":["set",["2","3"]]}}"""), (B, """{"delete":null}"""));
        await again.ReplyAsync(monitor, $"""[true,"{Second}",{since}]""");
        await client.Replica.WaitUntilAsync(snapshot => snapshot.Table<AddressSet>().Count == 1, Clients.Deadline);
        // Whoever begins to wait when the rows are there need not wait for the subscribers.
        await Eventually.HoldsAsync(() => changes.Count == 3);

        Assert.Equal(["1", "3"], client.Snapshot.Table<AddressSet>().FindByName("a")!.Addresses);
        Assert.Equal([true, false, true], changes.Select(change => change.IsResync));
        Assert.Equal(2, changes[2].Rows.Length);
    }

    [Fact]
    public async Task A_server_without_monitor_cond_since_is_followed_by_update2()
    {
        await using var client = Connect();
        var (peer, monitor) = await AcceptAsync();
        using var _ = peer;
        await peer.RefuseAsync(monitor, "\"unknown method\"");
        var fallback = await peer.ExpectAsync("monitor_cond");
        Assert.Equal(3, fallback.GetProperty("params").GetArrayLength());
        await peer.ReplyAsync(fallback, Initial(A, "a"));
        await client.WaitConnectedAsync(Clients.Deadline);
        await peer.SendAsync($$"""{"id":null,"method":"update2","params":["replica",{{Tables((A, """{"modify":{"name":"renamed"}}"""))}}]}""");
        var row = await client.Replica.WaitUntilAsync(snapshot => snapshot.Table<AddressSet>().FindByName("renamed"), Clients.Deadline);
        Assert.Equal(["1", "2"], row.Addresses);
        Assert.Null(client.Snapshot.Table<AddressSet>().FindByName("a"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("hello")]
    [InlineData("""{"id":null,"method":"update3","params":["replica","x",{}]}""")]
    [InlineData("""{"id":null,"method":"update3","params":["another","00000000-0000-0000-0000-000000000000",{}]}""")]
    [InlineData("""{"id":null,"method":"update3","params":["replica","00000000-0000-0000-0000-000000000000",{"Nothing":{}}]}""")]
    [InlineData("""{"id":null,"method":"update3","params":["replica","00000000-0000-0000-0000-000000000000",{"Address_Set":{"c0000000-0000-0000-0000-000000000000":{"modify":{"name":"x"}}}}]}""")]
    [InlineData("""{"id":null,"method":"update3","params":["replica","00000000-0000-0000-0000-000000000000",{"Address_Set":{"not-a-uuid":{"insert":{"name":"x"}}}}]}""")]
    [InlineData("""{"id":null,"method":"update3","params":["replica","00000000-0000-0000-0000-000000000000",{"Address_Set":{"c0000000-0000-0000-0000-000000000000":{"insert":{"name":7}}}}]}""")]
    [InlineData("""{"id":null,"method":"monitor_canceled","params":["replica"]}""")]
    public async Task What_cannot_be_followed_ends_the_connection_and_the_replica_is_loaded_again(string message)
    {
        await using var client = Connect();
        using (var peer = await AcceptAndLoadAsync("false", Zero, Initial(A, "a")))
        {
            await client.WaitConnectedAsync(Clients.Deadline);
            await peer.SendAsync(message);
            await peer.ExpectEndAsync();
        }

        using var next = await AcceptAndLoadAsync("false", Zero, Initial(B, "b"));
        await client.Replica.WaitUntilAsync(
            snapshot => snapshot.Table<AddressSet>().Count == 1 && snapshot.Table<AddressSet>().FindByName("b") is not null, Clients.Deadline);
        Assert.IsType<OvsdbException>(client.LastFault);
    }

    [Fact]
    public async Task A_request_cut_off_by_the_servers_end_may_have_been_carried_out()
    {
        await using var client = Connect();
        Task<IReadOnlyList<OperationResult>> request;
        using (var peer = await AcceptAndLoadAsync())
        {
            request = client.TransactAsync(new Comment("x"));
            await peer.ExpectAsync("transact");
        }

        var e = await Assert.ThrowsAsync<OvsdbException>(() => request);
        Assert.True(e.IsTransient);
        Assert.True(e.OutcomeUnknown);
        Assert.Equal("transact", e.Method);
    }

    [Fact]
    public async Task A_request_given_up_is_cancelled_at_the_server_by_its_id()
    {
        await using var client = Connect();
        using var peer = await AcceptAndLoadAsync();
        using var giveUp = new CancellationTokenSource();
        var request = client.TransactAsync([new Comment("x")], giveUp.Token);
        var sent = await peer.ExpectAsync("transact");
        await giveUp.CancelAsync();
        var cancel = await peer.ExpectAsync("cancel");
        Assert.Equal(sent.GetProperty("id").GetInt64(), cancel.GetProperty("params")[0].GetInt64());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        Assert.True(client.IsConnected);
    }

    [Theory]
    [InlineData("""[{"uuid":["uuid","a0000000-0000-0000-0000-000000000000"]},{"error":"constraint violation","details":"no"},null]""", 1, "constraint violation")]
    [InlineData("""[{},{},{},{"error":"I/O error","details":"disk","io-error":5}]""", null, "I/O error")]
    [InlineData("""[{},{}]""", null, "protocol error")]
    [InlineData("""[{},null,{}]""", null, "protocol error")]
    [InlineData("""{"not":"an array"}""", null, "protocol error")]
    public async Task Failures_are_read_wherever_they_stand_in_the_answer(string result, int? index, string error)
    {
        await using var client = Connect();
        using var peer = await AcceptAndLoadAsync();
        var request = client.TransactAsync(new Comment("0"), new Comment("1"), new Comment("2"));
        await peer.ReplyAsync(await peer.ExpectAsync("transact"), result);
        var e = await Assert.ThrowsAsync<OvsdbException>(() => request);
        Assert.Equal((index, error), (e.OperationIndex, e.Error));
        Assert.Equal(index is null ? null : new Comment("1"), e.Operation);
    }
}
