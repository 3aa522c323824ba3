using Fabric.Bench.Nics;
using Fabric.Bench.Servers;
using Fabric.Kube;

namespace Fabric.Bench.Ipam;

/// <summary>Clients of one run of the server, and the watch they share.</summary>
internal sealed class IpamSession : IAsyncDisposable
{
    private readonly ControlPlane _plane;
    private readonly NicWatch _watch;

    private IpamSession(ControlPlane plane, IReadOnlyList<KubeClient> clients, NicWatch watch, ApiText api)
    {
        _plane = plane;
        _watch = watch;
        Clients = clients;
        Api = api;
    }

    internal IReadOnlyList<KubeClient> Clients { get; }

    internal ApiText Api { get; }

    internal static async Task<IpamSession> OpenAsync(ControlPlane plane, int clients, string ns, CancellationToken cancellationToken)
    {
        var watch = await NicWatch.StartAsync(plane.Connect(), ns, cancellationToken);
        return new IpamSession(plane, [.. Enumerable.Range(0, clients).Select(_ => plane.Connect())], watch, plane.ConnectText());
    }

    /// <summary>Allocations by the first clients.</summary>
    /// <param name="clients">How many of them.</param>
    /// <param name="names">What the names of the Nics begin with, unlike any other's.</param>
    internal Allocations AllocateBy(int clients, string names) => new(_plane, [.. Clients.Take(clients)], _watch, Api, names);

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        Api.Dispose();
    }
}
