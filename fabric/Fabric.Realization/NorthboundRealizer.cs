using System.Collections.Immutable;
using Fabric.Policy.Model;
using Fabric.Resources;
using Microsoft.Extensions.Logging;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>Keeps OVN's northbound database as the objects say.</summary>
/// <remarks>
/// It holds the rows that each object should have and compares them with the replica: whenever an object is applied,
/// and whenever a row of ours changes, by whatever hand. What differs is written, for many objects in one transaction;
/// what does not is left alone. Rows without our identity are never touched.
/// </remarks>
public sealed class NorthboundRealizer : IAsyncDisposable
{
    /// <summary>
    /// How many objects share a transaction: enough that northd, which looks at everything after each, runs seldom; few
    /// enough that the server answers others in between.
    /// </summary>
    private const int MaxOwnersPerTransaction = 500;

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    private readonly OvsdbClient _client;
    private readonly RenderSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RealizationState _state;
    private readonly IDisposable _subscription;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private TaskCompletionSource? _resumed;

    /// <summary>Begins to work; nothing is written before something is applied.</summary>
    /// <param name="client">A client made with <see cref="Options"/>. It is not disposed here.</param>
    /// <param name="settings">What is the same for all objects.</param>
    /// <param name="time">Measures pauses.</param>
    /// <param name="logger">Told of faults and of what others changed.</param>
    /// <param name="groups">Says which Nics are in which port groups; nobody is in any when null.</param>
    public NorthboundRealizer(OvsdbClient client, RenderSettings settings, TimeProvider time, ILogger<NorthboundRealizer> logger, IPortGroups? groups = null)
    {
        _client = client;
        _settings = settings;
        _time = time;
        _logger = logger;
        _state = new(client.Snapshot, groups ?? NoPortGroups.Instance);
        _subscription = client.Replica.Subscribe(Observe, out var snapshot);
        _state.Start(snapshot);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>
    /// A row of ours came into being of which nothing is wanted here: others want it, or whoever wrote it did not know that its
    /// object had gone, and then <see cref="SweepAsync"/> finds it. Must not wait.
    /// </summary>
    public event EventHandler? UnwantedRowMade;

    /// <summary>The settings for a client of the northbound database that replicates what is compared here.</summary>
    public static OvsdbClientOptions Options(IReadOnlyList<OvsdbEndpoint> endpoints, ILogger logger) => new()
    {
        Endpoints = endpoints,
        Database = NorthboundDatabase.Name,
        Tables =
        [
            LogicalRouter.Table.MonitorOnly(
                LogicalRouter.Columns.Name, LogicalRouter.Columns.Enabled, LogicalRouter.Columns.Options, LogicalRouter.Columns.Ports, LogicalRouter.Columns.ExternalIds),
            LogicalSwitch.Table.MonitorOnly(
                LogicalSwitch.Columns.Name, LogicalSwitch.Columns.OtherConfig, LogicalSwitch.Columns.Ports, LogicalSwitch.Columns.Acls,
                LogicalSwitch.Columns.ExternalIds),
            LogicalRouterPort.Table.Monitor(),
            DhcpOptions.Table.Monitor(),
            AddressSet.Table.Monitor(),
            PortGroup.Table.Monitor(),
            Acl.Table.Monitor(),
            LogicalSwitchPort.Table.Monitor(except: [LogicalSwitchPort.Columns.Up, LogicalSwitchPort.Columns.DynamicAddresses, LogicalSwitchPort.Columns.Tag]),
        ],
        Logger = logger,
    };

    /// <summary>Has the Vpc's router be as the Vpc says; completes when that is committed.</summary>
    /// <returns>
    /// What it came to. An outcome of waiting or conflict is not final: the rows are written by themselves when what
    /// stands in the way has gone.
    /// </returns>
    /// <exception cref="OvsdbException">The database refused. The call may be repeated.</exception>
    /// <exception cref="OperationCanceledException">
    /// The token was cancelled or the realizer disposed. The rows are still wanted, and are written when that is possible.
    /// </exception>
    public Task<RealizationOutcome> ApplyAsync(Vpc vpc, CancellationToken cancellationToken) =>
        ApplyAsync(RowOwner.Vpc(vpc.Metadata.Name!), Render.Vpc(vpc), cancellationToken);

    /// <summary>Has the Subnet's switch, router port, DHCP options, address sets and rules be as the Subnet says; completes when that is committed.</summary>
    /// <inheritdoc cref="ApplyAsync(Vpc, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<RealizationOutcome> ApplyAsync(Subnet subnet, CancellationToken cancellationToken) =>
        ApplyAsync(RowOwner.Subnet(subnet.Metadata.Name!), Render.Subnet(subnet, _settings), cancellationToken);

    /// <summary>
    /// Has the Nic's switch port be as its status says; completes when that is committed. While the status has no port,
    /// MAC or addresses, the Nic has no rows.
    /// </summary>
    /// <inheritdoc cref="ApplyAsync(Vpc, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<RealizationOutcome> ApplyAsync(Nic nic, CancellationToken cancellationToken) =>
        ApplyAsync(RowOwner.Nic(new(nic.Metadata.Namespace, nic.Metadata.Name!)), Render.Nic(nic), cancellationToken);

    /// <summary>Has a policy's port group and rules be there in each of some Vpcs, and in no other; completes when that is committed.</summary>
    /// <param name="policy">The policy, without names of ports. The groups of Nics that its rules speak of are applied before it.</param>
    /// <param name="vpcs">The Vpcs in which it is for Nics.</param>
    /// <param name="cancellationToken">Gives up waiting; what is wanted still is.</param>
    /// <inheritdoc cref="ApplyAsync(Vpc, CancellationToken)" path="/*[not(self::summary or self::param)]"/>
    public Task<RealizationOutcome> ApplyAsync(CompiledPolicy policy, IReadOnlyCollection<string> vpcs, CancellationToken cancellationToken) =>
        ApplyAsync(RowOwner.Policy(policy.Id), PolicyRows.Of(policy, vpcs), cancellationToken);

    /// <summary>Has the port group be there of Nics of a Vpc that rules speak of; completes when that is committed.</summary>
    /// <inheritdoc cref="ApplyAsync(Vpc, CancellationToken)" path="/*[not(self::summary or self::param)]"/>
    public Task<RealizationOutcome> ApplyAsync(PeerSelector peers, string vpc, CancellationToken cancellationToken) =>
        ApplyAsync(RowOwner.Peers(vpc, peers.Key), PolicyRows.Of(peers, vpc), cancellationToken);

    /// <summary>Looks again in which port groups Nics belong: what is said of that has changed. Nics of which nothing is wanted here are others'.</summary>
    public void Reconsider(IEnumerable<ObjectKey> nics) => _state.Reconsider(nics);

    /// <summary>Has an object have no rows; completes when that is committed.</summary>
    /// <inheritdoc cref="ApplyAsync(Vpc, CancellationToken)" path="/*[not(self::summary)]"/>
    public Task<RealizationOutcome> RemoveAsync(RowOwner owner, CancellationToken cancellationToken) =>
        ApplyAsync(owner, [], cancellationToken);

    /// <summary>
    /// Wants nothing of an object any more, because somebody else does: its rows stay as they are, and are not healed here. Who waits
    /// for it is told that it was cancelled.
    /// </summary>
    public void Forget(RowOwner owner) => _state.Forget(owner);

    /// <summary>Writes nothing until <see cref="Resume"/>, but for the transaction that is under way. What is wanted is kept.</summary>
    public void Pause() => Interlocked.CompareExchange(ref _resumed, new(TaskCreationOptions.RunContinuationsAsynchronously), null);

    /// <summary>Goes on after <see cref="Pause"/>.</summary>
    public void Resume() => Interlocked.Exchange(ref _resumed, null)?.TrySetResult();

    /// <summary>Removes our rows whose objects are no more: those that went while nobody looked.</summary>
    /// <param name="exists">
    /// Whether the object exists; asked only for those of which nothing is wanted here. Others may want something of them.
    /// </param>
    /// <param name="cancellationToken">Gives up; what is to be removed still is.</param>
    /// <returns>The objects whose rows were removed.</returns>
    /// <exception cref="OvsdbException">The database refused.</exception>
    public async Task<IReadOnlyList<RowOwner>> SweepAsync(Func<RowOwner, CancellationToken, ValueTask<bool>> exists, CancellationToken cancellationToken)
    {
        await _client.WaitConnectedAsync(cancellationToken);
        var swept = new List<RealizationRequest>();
        foreach (var owner in _state.Unwanted())
        {
            if (!await exists(owner, cancellationToken) && _state.RemoveUnwanted(owner) is { } request)
            {
                swept.Add(request);
            }
        }

        await Task.WhenAll(swept.Select(request => request.Task)).WaitAsync(cancellationToken);
        return [.. swept.Select(request => request.Owner)];
    }

    /// <summary>Stops; the rows stay as they are, and who waits is told that it was cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        _subscription.Dispose();
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private Task<RealizationOutcome> ApplyAsync(RowOwner owner, ImmutableArray<DesiredRow> rows, CancellationToken cancellationToken) =>
        _state.Want(owner, rows).Task.WaitAsync(cancellationToken);

    private void Observe(ReplicaChange change)
    {
        if (_state.Observe(change))
        {
            UnwantedRowMade?.Invoke(this, EventArgs.Empty);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _state.WaitForWorkAsync(_stop.Token);
                var session = await _client.WaitConnectedAsync(_stop.Token);
                while (Volatile.Read(ref _resumed) is { } paused)
                {
                    await paused.Task.WaitAsync(_stop.Token);
                }

                await CommitAsync(session, _state.PlanNext(MaxOwnersPerTransaction));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Stopped, or the client was.
        }
        catch (Exception e)
        {
            _logger.LogCritical(e, "Realization ended by a bug");
        }
        finally
        {
            _state.Abandon();
        }
    }

    private async Task CommitAsync(OvsdbSession session, PlannedBatch batch)
    {
        try
        {
            if (!batch.Operations.IsEmpty)
            {
                await session.TransactAsync(batch.Operations, _stop.Token);
                RealizationMetrics.Transactions.Add(1);
            }

            _state.Complete(batch);
        }
        catch (OperationCanceledException)
        {
            _state.Requeue(batch);
            throw;
        }
        catch (OvsdbException e) when (e.IsTransient)
        {
            _logger.LogWarning("Realization of {Count} objects is tried again: {Reason}", batch.Owners.Length, e.Message);
            _state.Requeue(batch);
            await Task.Delay(RetryPause, _time, _stop.Token);
        }
        catch (OvsdbException e) when (batch.Owners.Length > 1)
        {
            _logger.LogWarning("A transaction for {Count} objects was refused; each is tried alone: {Reason}", batch.Owners.Length, e.Message);
            _state.Requeue(batch);
            foreach (var owner in batch.Owners)
            {
                await CommitAsync(await _client.WaitConnectedAsync(_stop.Token), _state.PlanOnly(owner.Owner));
            }
        }
        catch (OvsdbException e)
        {
            _state.Fail(batch, e);
        }
    }
}
