using Ovs.Northbound;

namespace Ovs.Ovsdb.Tests.Servers;

/// <summary>Clients of a northbound database for tests.</summary>
public static class Clients
{
    /// <summary>Longer than anything a test waits for takes; a test that needs it has failed.</summary>
    public static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public static OvsdbClientOptions Options(OvsdbEndpoint endpoint) => new()
    {
        Endpoints = [endpoint],
        Database = NorthboundDatabase.Name,
        Tables = [.. NorthboundDatabase.Tables.Select(table => table.Monitor())],
        MinBackoff = TimeSpan.FromMilliseconds(5),
        MaxBackoff = TimeSpan.FromMilliseconds(50),
    };

    public static async Task<OvsdbClient> ConnectAsync(this OvsdbServer server)
    {
        var client = new OvsdbClient(Options(server.Endpoint));
        await client.WaitConnectedAsync(Deadline);
        return client;
    }

    public static Task<IReadOnlyList<OperationResult>> TransactAsync(this OvsdbClient client, params Operation[] operations) =>
        client.TransactAsync(operations, Deadline);

    public static async Task<Guid> InsertAsync<TRow>(this OvsdbClient client, TRow row)
        where TRow : class, IRow<TRow> => (await client.TransactAsync(Row.Insert(row)))[0].Uuid!.Value;
}
