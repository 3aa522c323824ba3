using System.Net;
using System.Net.Sockets;

namespace Fabric.Server.Tests.Replicas;

/// <summary>A way to a server on which connections are cut after a request was passed on, so that its answer is lost.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _server;
    private readonly Random _random;
    private readonly double _loss;
    private readonly Task _accepting;
    private int _cuts;

    /// <param name="server">Where it leads.</param>
    /// <param name="seed">Of what is cut.</param>
    /// <param name="loss">How many of the pieces that clients send lose their answer, as a part of 1.</param>
    public CuttingProxy(IPEndPoint server, int seed, double loss)
    {
        _server = server;
        _random = new Random(seed);
        _loss = loss;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Cuts => _cuts;

    /// <summary>Whether connections are cut now.</summary>
    public bool IsCutting { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relays = new List<Task>();
        try
        {
            while (true)
            {
                relays.Add(RelayAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(relays);
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server, cut.Token);
                var isDoomed = false;
                var there = PumpAsync(client, server, () => isDoomed |= IsCutting && Fate() < _loss, cut.Token);
                // What comes back next is the answer, or as good as it.
                var back = PumpAsync(
                    server, client,
                    () =>
                    {
                        if (Volatile.Read(ref isDoomed))
                        {
                            Interlocked.Increment(ref _cuts);
                            cut.Cancel();
                        }
                    },
                    cut.Token);
                await Task.WhenAny(there, back);
                await cut.CancelAsync();
                await Task.WhenAll(there, back).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The server is not there, or the test is over: the client sees its connection end.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, Action arrived, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, cancellationToken) is > 0 and var length)
        {
            arrived();
            cancellationToken.ThrowIfCancellationRequested();
            await to.SendAsync(buffer.AsMemory(0, length), cancellationToken);
        }
    }

    private double Fate()
    {
        lock (_random)
        {
            return _random.NextDouble();
        }
    }
}
