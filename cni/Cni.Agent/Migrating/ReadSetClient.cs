using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Migrating;

/// <summary>
/// Asks the agent of the node that a VM comes from. The connection is made, and the agent told, while the VM is still there: when it has
/// come, the question is one exchange.
/// </summary>
/// <param name="endpoint">Where that agent is asked.</param>
/// <param name="node">Its node, which it has to prove to be.</param>
/// <param name="nic">The VM's Nic.</param>
/// <param name="credentials">What this node proves its name with.</param>
/// <param name="logger">Is told what does not work.</param>
internal sealed class ReadSetClient(IPEndPoint endpoint, string node, ObjectKey nic, NodeCredentials credentials, ILogger logger) : IDisposable
{
    // Only for as long as the VM does not need it: then it waits for what there is.
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _ending = new();
    private SslStream? _stream;
    private Socket? _socket;
    private bool _knowsNoConnections;

    /// <summary>Connects, again and again until it is connected or disposed of.</summary>
    internal async Task ConnectAsync()
    {
        try
        {
            while (!await TryConnectAsync(_ending.Token))
            {
                await Task.Delay(RetryPause, _ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody needs it any more.
        }
    }

    /// <summary>Asks on this thread what the VM has read; the agent is not asked again after it has not answered.</summary>
    /// <returns>The answer; null when there is none in time.</returns>
    internal ReadSetAnswer? Ask(TimeSpan patience)
    {
        if (Interlocked.Exchange(ref _stream, null) is not { } stream)
        {
            return null;
        }

        try
        {
            return Exchange(stream, _socket!, new ReadSetRequest(ReadSetVerb.Read, nic), [], patience);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            logger.LogWarning("{Node} does not say within {Patience} ms what {Nic} has read: {Message}", node, patience.TotalMilliseconds, nic, e.Message);
            return null;
        }
        finally
        {
            stream.Dispose();
        }
    }

    /// <summary>Asks on this thread what the VM has read so far, while it is still there.</summary>
    /// <returns>The answer; null when there is none.</returns>
    internal ReadSetAnswer? AskSoFar(TimeSpan patience) => TryExchange(new ReadSetRequest(ReadSetVerb.Read, nic), [], patience);

    /// <summary>Asks on this thread what the VM's tap has been given where it is, read or not.</summary>
    /// <returns>The answer; null when there is none.</returns>
    internal ReadSetAnswer? AskHeard(TimeSpan patience) => TryExchange(new ReadSetRequest(ReadSetVerb.Heard, nic), [], patience);

    /// <summary>Asks on this thread which connections the VM has opened.</summary>
    /// <returns>A frame of each, as it might have sent it; null when there is no answer.</returns>
    internal IReadOnlyList<ReadOnlyMemory<byte>>? AskConnections(TimeSpan patience)
    {
        if (_knowsNoConnections || TryExchange(new ReadSetRequest(ReadSetVerb.Connections, nic), [], patience) is not { } answer)
        {
            return null;
        }

        // An agent of before there was this question hangs up over it.
        _knowsNoConnections = answer.Status is ReadSetStatus.Malformed;
        return answer.Status is ReadSetStatus.Known ? FrameBundle.Parse(answer.Frames) : null;
    }

    /// <summary>Has the VM be given frames where it is.</summary>
    /// <returns>Whether it was.</returns>
    internal bool Deliver(IEnumerable<byte[]> frames, TimeSpan patience)
    {
        var bytes = FrameBundle.ToBytes(frames);
        return TryExchange(new ReadSetRequest(ReadSetVerb.Deliver, nic, bytes.Length), bytes, patience) is { Status: ReadSetStatus.Known };
    }

    public void Dispose()
    {
        _ending.Cancel();
        Interlocked.Exchange(ref _stream, null)?.Dispose();
        _ending.Dispose();
    }

    private ReadSetAnswer? TryExchange(ReadSetRequest request, byte[] frames, TimeSpan patience)
    {
        if (Volatile.Read(ref _stream) is not { } stream)
        {
            return null;
        }

        try
        {
            return Exchange(stream, _socket!, request, frames, patience);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            logger.LogInformation("{Node} is asked again about {Nic}: {Message}", node, nic, e.Message);
            if (Interlocked.Exchange(ref _stream, null) is { } broken)
            {
                broken.Dispose();
                _ = ConnectAsync();
            }

            return null;
        }
    }

    private async Task<bool> TryConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ConnectPatience);
        try
        {
            await socket.ConnectAsync(endpoint, patience.Token);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(credentials.ClientOptions(), patience.Token);
            if (NodeCredentials.NameOf(stream) is var name && name != node)
            {
                throw new AuthenticationException($"it is {name ?? "nobody"}, not {node}");
            }

            await stream.WriteAsync(new ReadSetRequest(ReadSetVerb.Prepare, nic).ToBytes(), patience.Token);
            var header = new byte[ReadSetAnswer.HeaderBytes];
            await stream.ReadExactlyAsync(header, patience.Token);
            if (ReadSetAnswer.Parse(header) is not { Status: ReadSetStatus.Known })
            {
                throw new AuthenticationException($"it does not tell: {(ReadSetStatus)header[0]}");
            }

            // Once for practice: what runs for the first time runs slowly, on both sides.
            Exchange(stream, socket, new ReadSetRequest(ReadSetVerb.Read, nic), [], ConnectPatience);
            _socket = socket;
            Volatile.Write(ref _stream, stream);
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            logger.LogInformation("{Node} at {Endpoint} is not asked yet what {Nic} has read: {Message}", node, endpoint, nic, e.Message);
            stream?.Dispose();
            socket.Dispose();
            return false;
        }
    }

    private static ReadSetAnswer? Exchange(SslStream stream, Socket socket, ReadSetRequest request, byte[] frames, TimeSpan patience)
    {
        socket.ReceiveTimeout = socket.SendTimeout = (int)patience.TotalMilliseconds;
        stream.Write([.. request.ToBytes(), .. frames]);
        var header = new byte[ReadSetAnswer.HeaderBytes];
        stream.ReadExactly(header);
        if (ReadSetAnswer.CountOf(header) is not { } count)
        {
            return null;
        }

        var bytes = new byte[ReadSetAnswer.HeaderBytes + (count * sizeof(ulong))];
        header.CopyTo(bytes, 0);
        stream.ReadExactly(bytes.AsSpan(ReadSetAnswer.HeaderBytes));
        var answer = ReadSetAnswer.Parse(bytes);
        if (request.Verb is not ReadSetVerb.Connections || answer is null)
        {
            return answer;
        }

        if (answer.Unread > ReadSetRequest.MaxFrames)
        {
            throw new IOException($"{answer.Unread} bytes of frames are too many");
        }

        var following = new byte[answer.Unread];
        stream.ReadExactly(following);
        return answer with { Frames = following };
    }
}
