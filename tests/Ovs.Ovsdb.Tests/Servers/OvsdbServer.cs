using System.Diagnostics;
using System.Net.Sockets;

namespace Ovs.Ovsdb.Tests.Servers;

/// <summary>A real ovsdb-server over one database file in a folder of its own. It is ended by its process, never by name.</summary>
public sealed class OvsdbServer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/ovsdb-server";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly string[] _arguments;
    private Process? _process;

    private OvsdbServer(string folder, string schema, string name, string[] arguments)
    {
        Folder = folder;
        Schema = schema;
        DatabaseFile = Path.Combine(folder, $"{name}.db");
        SocketPath = Path.Combine(folder, $"{name}.sock");
        _arguments = [$"--remote=punix:{SocketPath}", $"--unixctl={Path.Combine(folder, $"{name}.ctl")}", "--no-chdir", "-vconsole:off", .. arguments, DatabaseFile];
    }

    public string Folder { get; }

    public string Schema { get; }

    public string DatabaseFile { get; }

    public string SocketPath { get; }

    public OvsdbEndpoint Endpoint => OvsdbEndpoint.Unix(SocketPath);

    public static string NorthboundSchema => "/usr/share/ovn/ovn-nb.ovsschema";

    public static string SouthboundSchema => "/usr/share/ovn/ovn-sb.ovsschema";

    public static string VswitchSchema => "/usr/share/openvswitch/vswitch.ovsschema";

    /// <summary>Without the programs a test is skipped; where <c>CI</c> is set it fails.</summary>
    public static void RequireInstalled(params ReadOnlySpan<string> files)
    {
        foreach (var file in (ReadOnlySpan<string>)[Program, "/usr/bin/ovsdb-tool", .. files])
        {
            if (!File.Exists(file))
            {
                Assert.True(Environment.GetEnvironmentVariable("CI") is null, $"{file} is missing; install openvswitch-switch and ovn-central.");
                Assert.Skip($"{file} is missing");
            }
        }
    }

    public static async Task<OvsdbServer> StartAsync(string schema, string name = "db", string? folder = null, params string[] arguments)
    {
        RequireInstalled(schema);
        var server = new OvsdbServer(folder ?? Directory.CreateTempSubdirectory("fabric-ovsdb-").FullName, schema, name, arguments);
        await server.CreateDatabaseAsync();
        await server.StartAsync();
        return server;
    }

    /// <summary>Replaces the database by an empty one; the server must not be running.</summary>
    public async Task CreateDatabaseAsync()
    {
        File.Delete(DatabaseFile);
        File.Delete(Path.Combine(Folder, $".{Path.GetFileName(DatabaseFile)}.~lock~"));
        using var tool = Process.Start(new ProcessStartInfo("/usr/bin/ovsdb-tool", ["create", DatabaseFile, Schema]))!;
        await tool.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, tool.ExitCode);
    }

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo(Program, _arguments);
        foreach (var variable in (string[])["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"])
        {
            start.Environment[variable] = Folder;
        }

        _process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Deadline);
        while (!await CanConnectAsync(deadline.Token))
        {
            Assert.False(_process.HasExited, "ovsdb-server ended at once.");
            // Whoever spins takes the processor from the server that it waits for.
            await Task.Delay(10, deadline.Token);
        }
    }

    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    public async Task RestartAsync(bool wipe = false)
    {
        await StopAsync();
        if (wipe)
        {
            await CreateDatabaseAsync();
        }

        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

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
