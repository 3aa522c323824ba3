using System.Net;
using Fabric.ApiServer;
using Fabric.Kube.Configuration;

namespace Fabric.Kube.Tests.Testing;

/// <summary>The real embedded API server in a folder of its own, for all tests of a class.</summary>
public sealed class EmbeddedServer : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-kube-").FullName;
    private ApiServerHost? _host;

    public string KubeconfigPath => _host!.AdminKubeconfigPath;

    public KubeClient Connect(KubeClientOptions? options = null) => new(KubeConnection.FromFile(KubeconfigPath), options);

    public async ValueTask InitializeAsync() => _host = await ApiServerHost.StartAsync(new ApiServerOptions
    {
        DataDirectory = Path.Combine(_folder, "data"),
        Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
        CrdDirectories = [CrdDirectory()],
        HistoryPerResource = 50,
    });

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string CrdDirectory()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Fabric.sln")))
            folder = folder.Parent;
        return Path.Combine(folder.FullName, "deploy", "crds");
    }
}
