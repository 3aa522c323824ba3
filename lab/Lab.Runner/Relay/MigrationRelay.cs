using System.Net;
using System.Net.Sockets;

namespace Lab.Runner.Relay;

/// <summary>
/// Carries a guest's memory from one node to another, as KubeVirt's handlers do for their launchers: from a unix socket on the
/// source's node over TCP between the nodes' namespaces to a unix socket on the target's. A launcher itself reaches no other node.
/// </summary>
public sealed class MigrationRelay : IDisposable
{
    private readonly Socket _near;
    private readonly Socket _between;
    private readonly string _sourceNamespace;
    private readonly string _targetSocket;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _carrying;

    private MigrationRelay(Socket near, Socket between, string sourceNamespace, string targetSocket)
    {
        (_near, _between, _sourceNamespace, _targetSocket) = (near, between, sourceNamespace, targetSocket);
        _carrying = CarryAsync();
    }

    /// <summary>Listens for the source's QEMU at a socket.</summary>
    /// <param name="sourceSocket">Where the source connects to; made here.</param>
    /// <param name="sourceNamespace">The source node's namespace.</param>
    /// <param name="targetNamespace">The target node's namespace.</param>
    /// <param name="targetAddress">The target node's address on the underlay.</param>
    /// <param name="targetSocket">Where the target's QEMU listens.</param>
    /// <exception cref="IOException">A namespace or a socket cannot be had.</exception>
    public static MigrationRelay Listen(string sourceSocket, string sourceNamespace, string targetNamespace, string targetAddress, string targetSocket)
    {
        var near = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Socket? between = null;
        try
        {
            File.Delete(sourceSocket);
            near.Bind(new UnixDomainSocketEndPoint(sourceSocket));
            near.Listen(1);
            between = NamespaceSocket.OpenTcp(targetNamespace);
            between.Bind(new IPEndPoint(IPAddress.Parse(targetAddress), 0));
            between.Listen(1);
            return new MigrationRelay(near, between, sourceNamespace, targetSocket);
        }
        catch (SocketException e)
        {
            near.Dispose();
            between?.Dispose();
            throw new IOException($"no way for the guest's memory: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending.Cancel();
        _near.Dispose();
        _between.Dispose();
        // What it carries ends with the sockets; nobody waits for that.
        _ = _carrying.ContinueWith(_ => _ending.Dispose(), TaskScheduler.Default);
    }

    private async Task CarryAsync()
    {
        try
        {
            using var source = await _near.AcceptAsync(_ending.Token);
            using var sending = NamespaceSocket.OpenTcp(_sourceNamespace);
            var accepting = _between.AcceptAsync(_ending.Token).AsTask();
            await sending.ConnectAsync(_between.LocalEndPoint!, _ending.Token);
            using var receiving = await accepting;
            using var target = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await target.ConnectAsync(new UnixDomainSocketEndPoint(_targetSocket), _ending.Token);
            _ = Task.WhenAll(SocketPipe.CopyAsync(source, sending, _ending.Token), SocketPipe.CopyAsync(receiving, target, _ending.Token));
            var answers = SocketPipe.CopyAsync(sending, source, _ending.Token);
            // The target closes when it has all of the guest. One that goes before is to be missed by the source, which would send for ever.
            await SocketPipe.CopyAsync(target, receiving, _ending.Token);
            await answers;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either QEMU sees its connection close and says so.
        }
    }
}
