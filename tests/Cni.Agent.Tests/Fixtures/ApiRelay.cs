using System.Net;
using System.Net.Sockets;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>One agent's way to the API, which a test cuts while everybody else reaches it.</summary>
internal sealed class ApiRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _server;
    private readonly Task _accepting;

    // Ends what it let through; null while it lets nothing through.
    private CancellationTokenSource? _open = new();

    public ApiRelay(IPEndPoint server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends the connections there are, and each new one at once.</summary>
    public void Cut() => Interlocked.Exchange(ref _open, null)?.Cancel();

    public void Restore() => Volatile.Write(ref _open, new CancellationTokenSource());

    public async ValueTask DisposeAsync()
    {
        Cut();
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                if (Volatile.Read(ref _open) is { } open)
                    connections.Add(RelayAsync(client, open.Token));
                else
                    client.Dispose();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(Socket client, CancellationToken open)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(open, _end.Token);
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server, over.Token);
                Task[] ways = [PumpAsync(client, server, over.Token), PumpAsync(server, client, over.Token)];
                await Task.WhenAny(ways);
                await over.CancelAsync();
                await Task.WhenAll(ways).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The client sees its connection end.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, cancellationToken) is > 0 and var length)
            await to.SendAsync(buffer.AsMemory(0, length), cancellationToken);
    }
}
