using System.Net;
using Fabric.ApiServer;
using Fabric.Kube.Configuration;

namespace Fabric.Kube.Tests.Testing;

/// <summary>The real embedded API server, which can be taken away and come back with all it had.</summary>
internal sealed class RestartableServer
{
    private readonly string _folder;
    private readonly string _kubeconfig;
    private readonly int _port;
    private ApiServerHost? _host;

    private RestartableServer(ApiServerHost host, string folder)
    {
        _host = host;
        _folder = folder;
        _kubeconfig = host.AdminKubeconfigPath;
        _port = host.Endpoints[0].Port;
    }

    public static async Task<RestartableServer> StartAsync(string folder) => new(await ServeAsync(folder, port: 0), folder);

    public KubeClient Connect() => new(KubeConnection.FromFile(_kubeconfig));

    public async Task StopAsync()
    {
        if (_host is { } host)
        {
            _host = null;
            await host.DisposeAsync();
        }
    }

    public async Task ResumeAsync() => _host = await ServeAsync(_folder, _port);

    private static Task<ApiServerHost> ServeAsync(string folder, int port) =>
        ApiServerHost.StartAsync(new ApiServerOptions { DataDirectory = folder, Listen = [new IPEndPoint(IPAddress.Loopback, port)] });
}
