using Microsoft.Extensions.Logging;

namespace Ovs.Ovsdb;

/// <summary>A client of one database: transactions, and a replica that survives the loss of the connection.</summary>
/// <remarks>
/// It connects again by itself, with growing pauses. When a transaction has been answered, the replica already holds
/// what it changed.
/// </remarks>
public sealed class OvsdbClient : IAsyncDisposable
{
    private readonly OvsdbClientOptions _options;
    private readonly MonitorSession _monitor;
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource<OvsdbSession> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _lastFault;
    private long _connections;
    private readonly Task _loop;

    /// <summary>Starts connecting in the background.</summary>
    public OvsdbClient(OvsdbClientOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.Endpoints.Count, nameof(options));
        _options = options;
        Replica = new(options.Tables.Select(monitor => monitor.Table), options.Logger);
        _monitor = new(options.Database, options.Tables, Replica, options.Logger);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The replicated tables.</summary>
    public OvsdbReplica Replica { get; }

    /// <summary>The replicated tables now.</summary>
    public OvsdbSnapshot Snapshot => Replica.Snapshot;

    /// <summary>Whether a connection stands and the replica has been brought up to date over it.</summary>
    public bool IsConnected => Volatile.Read(ref _connected).Task.IsCompletedSuccessfully;

    /// <summary>How often a connection came about; more than once means that it was lost.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Why there is no connection, or why the last one ended; null before anything failed.</summary>
    public Exception? LastFault => Volatile.Read(ref _lastFault);

    /// <summary>Waits until a connection stands and the replica is up to date.</summary>
    /// <returns>The session, in which to send what is worked out from the replica.</returns>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public Task<OvsdbSession> WaitConnectedAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _connected).Task.WaitAsync(cancellationToken);

    /// <summary>Carries out all operations or none. Waits for a connection, as long as the token allows.</summary>
    /// <returns>One result for each operation.</returns>
    /// <exception cref="OvsdbException">
    /// An operation failed, the commit failed, or the connection broke; then <see cref="OvsdbException.OutcomeUnknown"/>
    /// says whether the transaction may have been carried out.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the transaction may have been carried out.</exception>
    public async Task<IReadOnlyList<OperationResult>> TransactAsync(IReadOnlyList<Operation> operations, CancellationToken cancellationToken)
    {
        var session = await WaitConnectedAsync(cancellationToken);
        return await session.TransactAsync(operations, cancellationToken);
    }

    /// <summary>Ends the connection and every wait for one.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        for (var attempt = 0; !_stop.IsCancellationRequested; attempt++)
        {
            var endpoint = _options.Endpoints[attempt % _options.Endpoints.Count];
            try
            {
                await using var connection = await OpenAsync(endpoint);
                failures = 0;
                Interlocked.Increment(ref _connections);
                _options.Logger.LogInformation("Connected to {Database} at {Endpoint}", _options.Database, endpoint);
                Volatile.Read(ref _connected).TrySetResult(new(connection, _options.Database));
                await connection.Closed.WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                Volatile.Write(ref _lastFault, e);
                _options.Logger.LogWarning("No connection to {Database} at {Endpoint}: {Reason}", _options.Database, endpoint, e.Message);
            }

            Disconnect();
            if (!await TryPauseAsync(failures++))
            {
                break;
            }
        }

        Disconnect();
        Volatile.Read(ref _connected).TrySetException(new ObjectDisposedException(nameof(OvsdbClient)));
        _ = Volatile.Read(ref _connected).Task.Exception;
    }

    private async Task<OvsdbConnection> OpenAsync(OvsdbEndpoint endpoint)
    {
        using var deadline = new CancellationTokenSource(_options.ConnectTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        OvsdbConnection? connection = null;
        try
        {
            var limits = new ConnectionLimits(_options.ProbeInterval, _options.MaxMessageBytes, _options.Time);
            connection = await OvsdbConnection.OpenAsync(endpoint, _options.Tls, limits, _monitor.OnNotification, either.Token);
            await _monitor.StartAsync(connection, either.Token);
            return connection;
        }
        catch (Exception e)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }

            if (e is OperationCanceledException && deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"{endpoint} did not answer within {_options.ConnectTimeout.TotalSeconds:F0} s.", e);
            }

            throw;
        }
    }

    private void Disconnect()
    {
        // Only the loop writes the field, so what it reads here cannot change under it.
        if (_connected.Task.IsCompleted)
        {
            Volatile.Write(ref _connected, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    private async Task<bool> TryPauseAsync(int failures)
    {
        var pause = Math.Min(_options.MaxBackoff.TotalMilliseconds, _options.MinBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 20)));
        var jitter = 0.5 + Random.Shared.NextDouble();
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(pause * jitter), _options.Time, _stop.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
