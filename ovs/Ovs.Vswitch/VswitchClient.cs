using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;

namespace Ovs.Vswitch;

/// <summary>A node's switch: carries out intents and waits for the switch to have followed.</summary>
/// <param name="client">A client of database <c>Open_vSwitch</c> made with <see cref="Options"/>; it is not disposed here.</param>
public sealed class VswitchClient(OvsdbClient client)
{
    private readonly PortCommits _commits = new(client);

    /// <summary>The columns a node needs. Statistics are left out: they would cost an update every five seconds.</summary>
    public static ImmutableArray<TableMonitor> Tables { get; } =
    [
        OpenVSwitch.Table.MonitorOnly(
            OpenVSwitch.Columns.Bridges, OpenVSwitch.Columns.ExternalIds, OpenVSwitch.Columns.NextCfg, OpenVSwitch.Columns.CurCfg, OpenVSwitch.Columns.OvsVersion),
        Bridge.Table.MonitorOnly(Bridge.Columns.Name, Bridge.Columns.Ports, Bridge.Columns.ExternalIds, Bridge.Columns.DatapathType),
        Ssl.Table.MonitorOnly(Ssl.Columns.PrivateKey, Ssl.Columns.Certificate, Ssl.Columns.CaCert),
        Port.Table.MonitorOnly(Port.Columns.Name, Port.Columns.Interfaces, Port.Columns.ExternalIds),
        Interface.Table.MonitorOnly(
            Interface.Columns.Name, Interface.Columns.Type, Interface.Columns.ExternalIds, Interface.Columns.Ofport, Interface.Columns.Error,
            Interface.Columns.Ifindex, Interface.Columns.MacInUse, Interface.Columns.Mtu, Interface.Columns.MtuRequest),
    ];

    /// <summary>The replicated tables.</summary>
    public OvsdbReplica Replica => client.Replica;

    /// <summary>The settings for a client of the switch's database.</summary>
    public static OvsdbClientOptions Options(OvsdbEndpoint endpoint, ILogger logger) => new()
    {
        Endpoints = [endpoint],
        Database = VswitchDatabase.Name,
        Tables = Tables,
        Logger = logger,
    };

    /// <summary>Has a port be there as wanted, and waits until ovs-vswitchd has taken the change in.</summary>
    /// <remarks>The device then exists, unless <see cref="PortState.Error"/> says why not.</remarks>
    /// <exception cref="OvsdbException">The database refused. The intent can be repeated.</exception>
    /// <exception cref="OperationCanceledException">The database or ovs-vswitchd did not answer in the caller's time.</exception>
    public Task<PortAddition> AddAsync(InternalPort port, CancellationToken cancellationToken) => _commits.AddAsync(port, cancellationToken);

    /// <summary>Has ports be gone, and waits until ovs-vswitchd has removed their devices.</summary>
    /// <returns>Whether any was there.</returns>
    /// <exception cref="OvsdbException">The database refused. The intent can be repeated.</exception>
    /// <exception cref="OperationCanceledException">The database or ovs-vswitchd did not answer in the caller's time.</exception>
    public async Task<bool> RemoveAsync(IEnumerable<string> names, CancellationToken cancellationToken) =>
        (await Task.WhenAll(names.Select(name => _commits.RemoveAsync(name, cancellationToken)))).Contains(true);

    /// <summary>Whether the database has a port as wanted already; says nothing of its device.</summary>
    public bool Has(InternalPort port) => PortIntents.Add(client.Snapshot, port).Addition is PortAddition.Unchanged;

    /// <summary>The ports whose <c>external_ids</c> hold all of the owner's pairs.</summary>
    public IReadOnlyList<Port> OwnedBy(OvsdbMap<string, string> owner) => [.. PortIntents.OwnedBy(client.Snapshot, owner)];

    /// <summary>Whether there is a port of that name whose <c>external_ids</c> hold all of the owner's pairs.</summary>
    public bool Owns(string name, OvsdbMap<string, string> owner) =>
        client.Snapshot.Table<Port>().FindByName(name) is { } port && PortIntents.IsOwnedBy(port, owner);

    /// <summary>Waits until a port is ready, has failed or the time is up.</summary>
    /// <returns>The state at that moment: ask <see cref="PortState.IsReady"/>, and <see cref="PortState.Describe"/> for what is missing.</returns>
    public Task<PortState> WaitReadyAsync(string name, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitAsync(name, state => state.IsReady, timeout, cancellationToken);

    /// <summary>Waits until the switch has made a port's device, has failed or the time is up.</summary>
    /// <returns>The state at that moment.</returns>
    public Task<PortState> WaitMadeAsync(string name, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitAsync(name, state => state.IsMade, timeout, cancellationToken);

    private async Task<PortState> WaitAsync(string name, Func<PortState, bool> isEnough, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (PortState.Read(client.Snapshot, name) is var now && (isEnough(now) || now.HasFailed))
        {
            return now;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            return await client.Replica.WaitUntilAsync(
                snapshot => PortState.Read(snapshot, name) is var state && (isEnough(state) || state.HasFailed) ? state : null, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return PortState.Read(client.Snapshot, name);
        }
    }
}
