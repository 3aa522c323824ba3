using System.Net;
using System.Net.Sockets;
using Lab.Runner.State;

namespace Lab.Runner.Relay;

/// <summary>Carries TCP connections from loopback on the host to the API server inside the control plane's namespace.</summary>
/// <remarks>Bytes pass as they are: TLS is between the client and the server, and so is who may do what.</remarks>
public sealed class ApiRelay : IDisposable
{
    /// <summary>The port that the API server listens on inside the lab.</summary>
    public const int ServerPort = 6443;

    private readonly TcpListener _listener;
    private readonly string _namespace;

    private ApiRelay(TcpListener listener, string ns)
    {
        _listener = listener;
        _namespace = ns;
    }

    /// <summary>Starts listening on the port recorded for a lab.</summary>
    /// <exception cref="LabException">Another program has the port.</exception>
    public static ApiRelay Listen(LabRecord lab)
    {
        var listener = new TcpListener(IPAddress.Loopback, lab.ApiPort);
        try
        {
            listener.Start();
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new LabException($"cannot listen on 127.0.0.1:{lab.ApiPort}, the port of lab {lab.Id}: {e.Message}", e);
        }

        return new ApiRelay(listener, lab.CentralNamespace);
    }

    /// <summary>Carries connections until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var open = new HashSet<Task>();
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync(cancellationToken);
                open.RemoveWhere(t => t.IsCompleted);
                open.Add(CarryAsync(client, cancellationToken));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(open);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    /// <summary>A loopback port that nothing listens on now.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task CarryAsync(Socket client, CancellationToken cancellationToken)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                using Socket server = NamespaceSocket.OpenTcp(_namespace);
                await server.ConnectAsync(IPAddress.Loopback, ServerPort, cancellationToken);
                await Task.WhenAll(SocketPipe.CopyAsync(client, server, cancellationToken), SocketPipe.CopyAsync(server, client, cancellationToken));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Either side ended, or the server is not up: the client sees its connection close and says so.
            }
        }
    }
}
