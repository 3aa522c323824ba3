using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent.Migrating;

/// <summary>
/// Tells other nodes' agents what VMs that go there have read here: over TLS at the node's tunnel address, and only to the node that
/// the VM goes to.
/// </summary>
/// <param name="vswitch">The switch's database, which says where the node is reached and what it proves its name with.</param>
/// <param name="answer">Answers a question of a node.</param>
/// <param name="logger">Is told what does not work.</param>
internal sealed class ReadSetServer(OvsdbReplica vswitch, Func<string, ReadSetRequest, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadSetAnswer>> answer, ILogger logger)
{
    /// <summary>The TCP port. It is looked for nowhere: the attachments of Nics say where an agent is asked.</summary>
    internal const int Port = 6471;

    // Connections of nodes to which VMs go, one for each: more are refused, so that nobody can use the agent up.
    private const int MaxConnections = 256;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(5);

    private string? _endpoint;
    private int _connections;

    /// <summary>Where it is asked, or null while it is not.</summary>
    internal string? Endpoint => Volatile.Read(ref _endpoint);

    /// <summary>Serves until cancelled; tries again what does not work.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        string? told = null;
        while (true)
        {
            var fault = await ServeAsync(cancellationToken);
            Volatile.Write(ref _endpoint, null);
            if (fault != told)
            {
                logger.LogWarning("Nobody is told what migrating VMs have read: {Fault}. Without it the last {Time} ms are delivered twice", fault, ReleasePlan.Fallback.TotalMilliseconds);
                told = fault;
            }

            await Task.Delay(RetryPause, cancellationToken);
        }
    }

    /// <returns>Why it does not go on.</returns>
    private async Task<string> ServeAsync(CancellationToken cancellationToken)
    {
        if (Chassis.Read(vswitch.Snapshot)?.EncapAddresses is not [var address, ..])
        {
            return "the node has no tunnel address yet (ovn-encap-ip)";
        }

        if (NodeCredentials.Read(vswitch.Snapshot, out var fault) is not { } credentials)
        {
            return fault!;
        }

        try
        {
            using var listener = new TcpListener(address, Port);
            listener.Start();
            Volatile.Write(ref _endpoint, new IPEndPoint(address, Port).ToString());
            while (true)
            {
                var connection = await listener.AcceptSocketAsync(cancellationToken);
                if (Interlocked.Increment(ref _connections) > MaxConnections)
                {
                    Interlocked.Decrement(ref _connections);
                    connection.Dispose();
                    continue;
                }

                _ = TalkAsync(connection, credentials, cancellationToken);
            }
        }
        catch (SocketException e)
        {
            return $"{address}:{Port} cannot be listened on: {e.Message}";
        }
    }

    private async Task TalkAsync(Socket connection, NodeCredentials credentials, CancellationToken cancellationToken)
    {
        try
        {
            connection.NoDelay = true;
            await using var stream = new SslStream(new NetworkStream(connection, ownsSocket: true));
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(HandshakePatience);
            await stream.AuthenticateAsServerAsync(credentials.ServerOptions(), patience.Token);
            if (NodeCredentials.NameOf(stream) is { } node)
            {
                await AnswerAsync(stream, node, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException or OperationCanceledException)
        {
            logger.LogDebug("An agent that asked what a VM has read went: {Message}", e.Message);
        }
        catch (Exception e)
        {
            logger.LogError(e, "An agent's question was not answered");
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    private async Task AnswerAsync(SslStream stream, string node, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        while (await ReadLineAsync(reader, cancellationToken) is { } line)
        {
            if (ReadSetRequest.Parse(line) is not { } request)
            {
                // What would follow cannot be told from the next line.
                await stream.WriteAsync(ReadSetAnswer.Refused(ReadSetStatus.Malformed).ToBytes(), cancellationToken);
                return;
            }

            var frames = request.Bytes == 0 ? [] : await ReadBytesAsync(reader, request.Bytes, cancellationToken);
            await stream.WriteAsync((await answer(node, request, frames, cancellationToken)).ToBytes(), cancellationToken);
        }
    }

    /// <returns>A line without its end; null when there is none, or it is too long.</returns>
    private static async Task<byte[]?> ReadLineAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            if (result.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = result.Buffer.Slice(0, end).ToArray();
                reader.AdvanceTo(result.Buffer.GetPosition(1, end));
                return line;
            }

            if (result.IsCompleted || result.Buffer.Length > ReadSetRequest.MaxBytes)
            {
                return null;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static async Task<byte[]> ReadBytesAsync(PipeReader reader, int count, CancellationToken cancellationToken)
    {
        var result = await reader.ReadAtLeastAsync(count, cancellationToken);
        if (result.Buffer.Length < count)
        {
            throw new IOException("the other end closed the connection within its frames");
        }

        var bytes = result.Buffer.Slice(0, count).ToArray();
        reader.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }
}
