using System.Net;
using System.Net.Sockets;
using Fabric.ApiServer;
using Fabric.ApiServer.Writing;
using Fabric.Kube;
using Fabric.Kube.Configuration;

namespace Fabric.Bench.Servers;

/// <summary>
/// The control plane as users run it: <c>fabric server</c> in a process of its own, its API durable in SQLite behind TLS,
/// over a real northbound database.
/// </summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    /// <summary>What the server logs when OVN is what the objects say and nothing is left over from before the start.</summary>
    internal const string SettledLine = "OVN is as the objects say";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SettledLimit = TimeSpan.FromMinutes(30);

    // Less than this share of one processor is what a server with nothing to do uses: timers and leases.
    private const double QuietShare = 0.1;
    private static readonly TimeSpan QuietSpan = TimeSpan.FromMilliseconds(500);

    private readonly FabricProgram _fabric;
    private readonly string _folder;
    private readonly List<KubeClient> _clients = [];
    private ServerProcess? _process;
    private int _starts;

    private ControlPlane(FabricProgram fabric, string folder, NorthboundServer northbound)
    {
        _fabric = fabric;
        _folder = folder;
        Northbound = northbound;
    }

    internal NorthboundServer Northbound { get; }

    /// <summary>The process of <c>fabric server</c>.</summary>
    internal ServerProcess Process => _process ?? throw new InvalidOperationException("the server is not running");

    /// <summary>Folder of the server's database.</summary>
    internal string DataFolder => Path.Combine(_folder, "data");

    private string Kubeconfig => Path.Combine(DataFolder, "kubeconfig");

    /// <summary>A control plane whose database is running and whose server is not.</summary>
    /// <param name="folder">Where everything goes; is made.</param>
    internal static async Task<ControlPlane> PrepareAsync(FabricProgram fabric, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        return new ControlPlane(fabric, folder, await NorthboundServer.StartAsync(folder, cancellationToken));
    }

    /// <summary>Starts the server; completes when its API says that it is ready.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(Kubeconfig))
        {
            // Until the new one is there the old one would name a port that nobody listens on.
            File.Delete(Kubeconfig);
        }

        _process = ServerProcess.Start(
            "fabric server", Path.Combine(_folder, $"server-{++_starts}.log"), _fabric.File,
            [.. _fabric.Arguments, "server", "--data", DataFolder, "--listen", $"127.0.0.1:{FreePort()}", "--ovn-nb", $"unix:{Northbound.SocketPath}"]);
        await _process.WaitUntilAsync(IsReadyAsync, "its API", ReadyLimit, cancellationToken);
    }

    /// <summary>Completes when the server has said that OVN is as the objects say.</summary>
    internal Task WaitSettledAsync(CancellationToken cancellationToken) => Process.WaitUntilAsync(
        _ => Task.FromResult(File.ReadLines(Process.Log).Any(line => line.Contains(SettledLine, StringComparison.Ordinal))),
        "its state after the start", SettledLimit, cancellationToken);

    /// <summary>Completes when the server uses next to no processor time: what it had to do is done.</summary>
    internal Task WaitQuietAsync(CancellationToken cancellationToken)
    {
        var before = Process.Usage().Cpu;
        return Process.WaitUntilAsync(
            async token =>
            {
                await Task.Delay(QuietSpan, token);
                var now = Process.Usage().Cpu;
                var used = now - before;
                before = now;
                return used < QuietSpan * QuietShare;
            },
            "the end of its work", SettledLimit, cancellationToken);
    }

    /// <summary>Writes objects straight into the database, by the API server's own code. The server must not be running.</summary>
    /// <param name="objects">JSON, owners before what they own.</param>
    /// <returns>How many.</returns>
    internal Task<int> ImportAsync(IEnumerable<string> objects, CancellationToken cancellationToken) => ObjectImport.RunAsync(
        new ApiServerOptions { DataDirectory = DataFolder, Listen = [], CrdDirectories = [Path.Combine(AppContext.BaseDirectory, "crds")] },
        objects, cancellationToken);

    /// <summary>Reads of the API as text, on a connection of its own.</summary>
    internal ApiText ConnectText() => new(KubeConnection.FromFile(Kubeconfig));

    /// <summary>A client with a connection of its own. It ends with the server.</summary>
    internal KubeClient Connect()
    {
        // One attempt: a request that had to be repeated is no measurement.
        var client = new KubeClient(KubeConnection.FromFile(Kubeconfig), new KubeClientOptions { Attempts = 1, FieldManager = "fabric-bench" });
        lock (_clients)
        {
            _clients.Add(client);
        }

        return client;
    }

    /// <summary>Ends the server as a crash does.</summary>
    internal async Task KillAsync()
    {
        _clients.ForEach(client => client.Dispose());
        _clients.Clear();
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await Northbound.DisposeAsync();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Kubeconfig))
        {
            return false;
        }

        using var client = new KubeClient(KubeConnection.FromFile(Kubeconfig), new KubeClientOptions { Attempts = 1 });
        return await client.IsReadyAsync(cancellationToken);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
