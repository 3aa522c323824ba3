using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lab.Runner.State;

namespace Lab.Runner.Qemu;

/// <summary>One conversation with QEMU's machine protocol (QEMU docs/interop/qmp-spec.rst): commands in turn, events aside.</summary>
public sealed class QmpClient : IAsyncDisposable
{
    // QMP answers at once; only a stuck emulator takes longer.
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(10);

    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;
    private readonly SemaphoreSlim _turn = new(1, 1);

    // The protocol answers in order, so one answer is under way at a time; events are dropped when nobody reads them.
    private readonly Channel<JsonNode> _answers = Channel.CreateBounded<JsonNode>(1);
    private readonly Channel<QmpEvent> _events = Channel.CreateBounded<QmpEvent>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Task _reading;

    private QmpClient(NetworkStream stream)
    {
        _stream = stream;
        _reader = new StreamReader(stream, Encoding.UTF8);
        _reading = ReadAsync();
    }

    /// <summary>What QEMU tells unasked; completes when QEMU goes.</summary>
    public ChannelReader<QmpEvent> Events => _events.Reader;

    /// <summary>Connects and leaves the negotiation mode.</summary>
    /// <exception cref="SocketException">QEMU does not listen there.</exception>
    /// <exception cref="LabException">It does not speak QMP.</exception>
    public static async Task<QmpClient> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var client = new QmpClient(new NetworkStream(socket, ownsSocket: true));
        await client.ExecuteAsync("qmp_capabilities", arguments: null, cancellationToken);
        return client;
    }

    /// <summary>Runs one command.</summary>
    /// <returns>What it returned.</returns>
    /// <exception cref="LabException">QEMU refused it, went, or did not answer.</exception>
    public async Task<JsonNode?> ExecuteAsync(string command, JsonObject? arguments, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(AnswerDeadline);
        await _turn.WaitAsync(deadline.Token);
        try
        {
            var request = new JsonObject { ["execute"] = command };
            if (arguments is not null)
            {
                request["arguments"] = arguments;
            }

            await _stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), deadline.Token);
            var answer = await _answers.Reader.ReadAsync(deadline.Token);
            return answer["error"] is { } error
                ? throw new LabException($"QEMU refused {command}: {(string?)error["desc"]}")
                : answer["return"]?.DeepClone();
        }
        catch (Exception e) when (e is IOException or ChannelClosedException)
        {
            throw new LabException($"QEMU went while asked for {command}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LabException($"QEMU did not answer {command} within {AnswerDeadline.TotalSeconds:0} s", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading;
        _reader.Dispose();
        _turn.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _reader.ReadLineAsync() is { } line)
            {
                var message = JsonNode.Parse(line);
                if (message?["event"] is { } name)
                {
                    _events.Writer.TryWrite(new QmpEvent((string)name!, message["data"]?.DeepClone()));
                }
                else if (message?["QMP"] is null && message is not null)
                {
                    await _answers.Writer.WriteAsync(message);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or JsonException)
        {
            // The end of the conversation, said to whoever waits by the channels' completion.
        }
        finally
        {
            _answers.Writer.TryComplete();
            _events.Writer.TryComplete();
        }
    }
}

/// <summary>Something QEMU tells unasked.</summary>
/// <param name="Name">Such as <c>SHUTDOWN</c>.</param>
/// <param name="Data">Its fields.</param>
public sealed record QmpEvent(string Name, JsonNode? Data);
