using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>Reads the result of a request; the reader stands on its first token.</summary>
internal delegate T ResultReader<out T>(ref Utf8JsonReader reader);

/// <summary>Takes a notification. Runs between the messages before and after it, so it must not wait.</summary>
internal delegate void NotificationHandler(string method, ReadOnlySequence<byte> parameters);

/// <summary>Limits of one connection.</summary>
/// <param name="ProbeInterval">After this silence the server is asked for an echo; after as much again without an answer it is taken for dead.</param>
/// <param name="MaxMessageBytes">The largest message accepted.</param>
/// <param name="Time">Measures silence.</param>
internal sealed record ConnectionLimits(TimeSpan ProbeInterval, long MaxMessageBytes, TimeProvider Time);

/// <summary>One JSON-RPC connection, from its opening to its first fault. RFC 7047 §4.</summary>
/// <remarks>
/// Results are read on the receiving loop in the order of arrival. The server sends what a transaction changed before
/// it answers the transaction, so whoever awaited the answer finds the change already replicated.
/// </remarks>
internal sealed class OvsdbConnection : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly ConnectionLimits _limits;
    private readonly NotificationHandler _onNotification;
    private readonly ConcurrentDictionary<long, PendingRequest> _pending = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _loops;
    private Exception? _fault;
    private long _lastId;
    private long _lastHeard;

    private OvsdbConnection(Stream stream, ConnectionLimits limits, NotificationHandler onNotification)
    {
        _stream = stream;
        _limits = limits;
        _onNotification = onNotification;
        _lastHeard = limits.Time.GetTimestamp();
        var ticks = new PeriodicTimer(limits.ProbeInterval / 4, limits.Time);
        _loops = Task.WhenAll(Task.Run(ReceiveAsync), Task.Run(() => ProbeAsync(ticks)));
    }

    /// <summary>Ends with the fault that ended the connection.</summary>
    internal Task Closed => _closed.Task;

    internal static async Task<OvsdbConnection> OpenAsync(
        OvsdbEndpoint endpoint, OvsdbTls? tls, ConnectionLimits limits, NotificationHandler onNotification, CancellationToken cancellationToken)
    {
        try
        {
            return new(await endpoint.OpenAsync(tls, cancellationToken), limits, onNotification);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException)
        {
            throw OvsdbException.ConnectionLost($"Connecting to {endpoint}", e);
        }
    }

    /// <summary>For streams that a test made.</summary>
    internal static OvsdbConnection Over(Stream stream, ConnectionLimits limits, NotificationHandler onNotification) => new(stream, limits, onNotification);

    internal async Task<T> CallAsync<T>(string method, Action<Utf8JsonWriter> writeParameters, ResultReader<T> read, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        var pending = new PendingRequest<T>(method, read);
        var message = Write(id, method, writeParameters);
        _pending[id] = pending;
        try
        {
            await SendAsync(message, method, cancellationToken);
            return await pending.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await CancelAsync(id);
            throw;
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    internal Task<IReadOnlyList<OperationResult>> TransactAsync(string database, IReadOnlyList<Operation> operations, CancellationToken cancellationToken) =>
        CallAsync(
            "transact",
            writer =>
            {
                writer.WriteStringValue(database);
                foreach (var operation in operations)
                {
                    operation.WriteTo(writer);
                }
            },
            (ref Utf8JsonReader reader) => TransactionReply.Read(ref reader, operations),
            cancellationToken);

    /// <remarks>Senders may still be at their turn or wait for it, and find the fault there: what they take turns by is left to the collector.</remarks>
    public async ValueTask DisposeAsync()
    {
        Fail(OvsdbException.ConnectionLost("The connection was closed here", null));
        await _loops;
        await _stream.DisposeAsync();
    }

    private static ReadOnlyMemory<byte> Write(long? id, string method, Action<Utf8JsonWriter> writeParameters)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Json.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("method"u8, method);
        writer.WriteStartArray("params"u8);
        writeParameters(writer);
        writer.WriteEndArray();
        if (id is { } number)
        {
            writer.WriteNumber("id"u8, number);
        }
        else
        {
            writer.WriteNull("id"u8);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Sends a whole message or, once it began to, breaks the connection: half a message would ruin what follows.</summary>
    private async Task SendAsync(ReadOnlyMemory<byte> message, string? method, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            if (Volatile.Read(ref _fault) is { } fault)
            {
                throw OvsdbException.ConnectionLost("The connection was lost", fault, method: method);
            }

            await _stream.WriteAsync(message, _stop.Token);
            await _stream.FlushAsync(_stop.Token);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            Fail(e);
            throw OvsdbException.ConnectionLost("The connection was lost while sending", Volatile.Read(ref _fault), outcomeUnknown: true, method);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Asks the server to drop a request that nobody waits for any more (RFC 7047 §4.1.4).</summary>
    private async Task CancelAsync(long id)
    {
        try
        {
            await SendAsync(Write(null, "cancel", writer => writer.WriteNumberValue(id)), "cancel", CancellationToken.None);
        }
        catch (OvsdbException)
        {
            // A lost connection cancels as well.
        }
    }

    private async Task ReceiveAsync()
    {
        var pipe = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: 64 << 10, minimumReadSize: 16 << 10, leaveOpen: true));
        var framer = new JsonFramer(_limits.MaxMessageBytes);
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(_stop.Token);
                Volatile.Write(ref _lastHeard, _limits.Time.GetTimestamp());
                var buffer = read.Buffer;
                while (framer.TryTake(ref buffer, out var frame))
                {
                    Dispatch(frame);
                }

                pipe.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                {
                    throw new EndOfStreamException("The server closed the connection.");
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            Fail(OvsdbException.Protocol("The server sent what is no OVSDB message", e));
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    private void Dispatch(ReadOnlySequence<byte> frame)
    {
        var message = RpcMessage.Parse(frame);
        if (message.Method == "echo")
        {
            // Sending must not hold up receiving: two peers that only send wait for each other for ever.
            _ = ReplyToEchoAsync(WriteEchoReply(message));
        }
        else if (message.Method is not null)
        {
            _onNotification(message.Method, message.Parameters);
        }
        else if (message.Id is { } id && _pending.TryRemove(id, out var pending))
        {
            pending.Complete(message.Result, message.Error);
        }
    }

    private static ReadOnlyMemory<byte> WriteEchoReply(RpcMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Json.WriterOptions);
        writer.WriteStartObject();
        writer.WritePropertyName("id"u8);
        writer.WriteRawValue(message.RawId, skipInputValidation: true);
        writer.WritePropertyName("result"u8);
        writer.WriteRawValue(message.Parameters, skipInputValidation: true);
        writer.WriteNull("error"u8);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private async Task ReplyToEchoAsync(ReadOnlyMemory<byte> reply)
    {
        try
        {
            await SendAsync(reply, "echo", CancellationToken.None);
        }
        catch (OvsdbException)
        {
            // The connection is gone, and whoever uses it is told so.
        }
    }

    private async Task ProbeAsync(PeriodicTimer timer)
    {
        using var ticks = timer;
        var probedAt = long.MinValue;
        try
        {
            while (await ticks.WaitForNextTickAsync(_stop.Token))
            {
                var heard = Volatile.Read(ref _lastHeard);
                if (_limits.Time.GetElapsedTime(heard) < _limits.ProbeInterval)
                {
                    continue;
                }

                // Only an unanswered question counts against the server: this process may have stood still itself.
                if (probedAt <= heard)
                {
                    probedAt = _limits.Time.GetTimestamp();
                    _ = AskForEchoAsync();
                }
                else if (_limits.Time.GetElapsedTime(probedAt) >= _limits.ProbeInterval)
                {
                    Fail(new TimeoutException($"The server said nothing for {_limits.Time.GetElapsedTime(heard).TotalSeconds:F0} s."));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection ended.
        }
    }

    private async Task AskForEchoAsync()
    {
        try
        {
            await CallAsync("echo", static _ => { }, static (ref Utf8JsonReader reader) => true, _stop.Token);
        }
        catch (Exception e) when (e is OvsdbException or OperationCanceledException)
        {
            // The connection ended; or the server knows no echo, and has said so: it lives.
        }
    }

    private void Fail(Exception fault)
    {
        if (Interlocked.CompareExchange(ref _fault, fault, null) is not null)
        {
            return;
        }

        _stop.Cancel();
        foreach (var id in _pending.Keys)
        {
            if (_pending.TryRemove(id, out var pending))
            {
                pending.Abandon(fault);
            }
        }

        _closed.TrySetException(fault as OvsdbException ?? OvsdbException.ConnectionLost("The connection was lost", fault));
        _ = _closed.Task.Exception;
    }

    private abstract class PendingRequest
    {
        internal abstract void Complete(ReadOnlySequence<byte> result, ReadOnlySequence<byte> error);

        internal abstract void Abandon(Exception fault);
    }

    private sealed class PendingRequest<T>(string method, ResultReader<T> read) : PendingRequest
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Task => _done.Task;

        internal override void Complete(ReadOnlySequence<byte> result, ReadOnlySequence<byte> error)
        {
            try
            {
                if (!error.IsEmpty)
                {
                    _done.TrySetException(TransactionReply.ReadError(method, error));
                    return;
                }

                var reader = new Utf8JsonReader(result);
                reader.Read();
                _done.TrySetResult(read(ref reader));
            }
            catch (OvsdbException e)
            {
                _done.TrySetException(e);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                _done.TrySetException(OvsdbException.Protocol($"The answer to {method} is not understood", e));
            }
        }

        internal override void Abandon(Exception fault) =>
            _done.TrySetException(OvsdbException.ConnectionLost($"No answer to {method}", fault, outcomeUnknown: true, method));
    }
}
