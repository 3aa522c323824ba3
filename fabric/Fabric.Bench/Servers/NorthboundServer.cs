using System.Diagnostics;
using System.Net.Sockets;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Bench.Servers;

/// <summary>OVN's northbound database in a real ovsdb-server on a unix socket. Nothing of OVN works on it: no northd.</summary>
internal sealed class NorthboundServer : IAsyncDisposable
{
    private const string Server = "/usr/sbin/ovsdb-server";
    private const string Tool = "/usr/bin/ovsdb-tool";
    private const string Schema = "/usr/share/ovn/ovn-nb.ovsschema";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly string _database;

    private NorthboundServer(ServerProcess process, string folder, string database)
    {
        Process = process;
        SocketPath = SocketIn(folder);
        _database = database;
    }

    internal ServerProcess Process { get; }

    internal string SocketPath { get; }

    /// <summary>Starts it over a new, empty database.</summary>
    /// <param name="folder">Where its files go; must exist.</param>
    internal static async Task<NorthboundServer> StartAsync(string folder, CancellationToken cancellationToken)
    {
        if (((string[])[Server, Tool, Schema]).FirstOrDefault(file => !File.Exists(file)) is { } missing)
        {
            throw new BenchException($"{missing} is missing: install Debian's openvswitch-switch and ovn-central");
        }

        var database = Path.Combine(folder, "nb.db");
        using (var tool = System.Diagnostics.Process.Start(new ProcessStartInfo(Tool, ["create", database, Schema]))!)
        {
            await tool.WaitForExitAsync(cancellationToken);
            if (tool.ExitCode != 0)
            {
                throw new BenchException($"{Tool} could not create {database}");
            }
        }

        var process = ServerProcess.Start(
            "ovsdb-server", Path.Combine(folder, "nb.log"), Server,
            [$"--remote=punix:{SocketIn(folder)}", $"--unixctl={Path.Combine(folder, "nb.ctl")}", "--no-chdir", "-vconsole:warn", database]);
        var server = new NorthboundServer(process, folder, database);
        try
        {
            await process.WaitUntilAsync(server.CanConnectAsync, "its socket", Limit, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Transactions that changed something since the database was made, or since ovsdb-server last compacted it.</summary>
    internal long CountTransactions()
    {
        using var file = new FileStream(_database, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return DatabaseLog.CountRecords(file);
    }

    /// <summary>Ports of endpoints that are in the database now; those to routers do not count.</summary>
    internal async Task<int> CountPortsAsync(CancellationToken cancellationToken)
    {
        await using var client = new OvsdbClient(new OvsdbClientOptions
        {
            Endpoints = [OvsdbEndpoint.Unix(SocketPath)],
            Database = NorthboundDatabase.Name,
            Tables = [LogicalSwitchPort.Table.MonitorOnly(LogicalSwitchPort.Columns.Type)],
        });
        await client.WaitConnectedAsync(cancellationToken);
        return client.Snapshot.Table<LogicalSwitchPort>().Count(port => port.Type.Length == 0);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static string SocketIn(string folder) => Path.Combine(folder, "nb.sock");

    private async Task<bool> CanConnectAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
