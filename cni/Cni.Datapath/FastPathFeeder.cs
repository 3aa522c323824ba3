using System.Threading.Channels;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Cni.Datapath.Conntrack;
using Cni.Datapath.Domains;
using Cni.Datapath.Epochs;
using Cni.Datapath.Underlays;
using Cni.Datapath.Uplinks;
using Bpf.FastPath.Uplinks;
using Cni.Netlink;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Ovs.Southbound;
using Ovs.Vswitch;

namespace Cni.Datapath;

/// <summary>
/// Tells the node's fast path what OVN and the switch say: which endpoint is in which routing domain, which tunnel key is,
/// which address moved, when policy changed, and whether flows may be fast at all.
/// </summary>
public sealed class FastPathFeeder
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeldPeriod = TimeSpan.FromSeconds(1);

    private readonly EndpointDatapath _datapath;
    private readonly OvsdbReplica _vswitch;
    private readonly RouteSocket _node;
    private readonly FastPathOptions _options;
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<EndpointDevices, PortLocation> _located = [];
    private readonly SequenceCheck _conntrack;
    private OvsdbSnapshot? _southbound;
    private OvsdbSnapshot? _read;
    private RoutingDomains? _domains;
    private string _southboundFault = "OVN's southbound database has not been read yet";
    private readonly long _started;
    private FastPathState _state;
    private bool _wasEnabled;

    /// <param name="datapath">The node's programs.</param>
    /// <param name="vswitch">The replica of the switch's database, made with <see cref="VswitchClient.Options"/>.</param>
    /// <param name="node">rtnetlink in the node's namespace.</param>
    /// <param name="options">The rest.</param>
    public FastPathFeeder(EndpointDatapath datapath, OvsdbReplica vswitch, RouteSocket node, FastPathOptions options)
    {
        ArgumentNullException.ThrowIfNull(datapath);
        ArgumentNullException.ThrowIfNull(options);
        _datapath = datapath;
        _vswitch = vswitch;
        _node = node;
        _options = options;
        _started = options.Time.GetTimestamp();
        _conntrack = new(options.SwitchFolder, options.Time, options.Logger);
        _state = datapath switch
        {
            { FastPathFault: { } fault } => FastPathState.NotLoaded(fault),
            { FastPath: null } => FastPathState.TurnedOff,
            _ => FastPathState.Waiting("it is starting"),
        };
    }

    /// <summary>Whether flows are fast now, and why not.</summary>
    public FastPathState State => Volatile.Read(ref _state);

    /// <summary>Why priorities are not in force on the node's uplink, for people; null when they are, or while that is being found out.</summary>
    public string? UplinkFault { get; private set => Volatile.Write(ref field, value); }

    /// <summary>Told when <see cref="UplinkFault"/> has changed; must not wait.</summary>
    public event EventHandler? UplinkChanged;

    /// <summary>Follows until cancelled. Where the node has no fast path there is nothing to do.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_datapath.FastPath is not { } flows)
        {
            _options.Logger.LogWarning("No fast path: {Reason}", State.Message);
            DetachUnderlay();
            SayUplink($"the programs that tell whose frame is whose are those of the fast path: {State.Message}");
            return;
        }

        _datapath.ForgetUnattached();
        while (true)
        {
            try
            {
                await FollowAsync(flows, cancellationToken);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Endpoints work without it, so the agent goes on.
                _options.Logger.LogError(e, "The fast path is off and is tried again");
                Become(flows, FastPathState.Waiting(e.Message));
                _located.Clear();
                _domains = null;
                _read = null;
                await Task.Delay(RetryPause, _options.Time, cancellationToken);
            }
        }
    }

    private async Task FollowAsync(FlowCache flows, CancellationToken cancellationToken)
    {
        var epochs = new PolicyEpochs(flows, _conntrack, _options.Logger);
        using var uplink = new UplinkQueue(flows, _node);
        using var observing = _vswitch.Subscribe(
            change =>
            {
                epochs.Observe(change.After);
                Signal();
            },
            out var snapshot);
        epochs.Observe(snapshot);
        _datapath.Changed += OnChanged;
        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task[] parts = [_conntrack.RunAsync(Signal, ending.Token), epochs.RunAsync(ending.Token), FollowSouthboundAsync(ending.Token), WatchHeldAsync(flows, ending.Token), WorkAsync(flows, uplink, ending.Token)];
            await Task.WhenAny(parts);
            await ending.CancelAsync();
            await Task.WhenAll(parts);
        }
        finally
        {
            _datapath.Changed -= OnChanged;
        }
    }

    private void OnChanged(object? sender, EventArgs e) => Signal();

    private void Signal() => _work.Writer.TryWrite(true);

    /// <summary>Another process detaches and attaches by the maps, which tell nobody.</summary>
    private async Task WatchHeldAsync(FlowCache flows, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(HeldPeriod, _options.Time);
        for (var before = flows.IsHeld; await timer.WaitForNextTickAsync(cancellationToken);)
        {
            if (flows.IsHeld != before)
            {
                before = !before;
                Signal();
            }
        }
    }

    private async Task WorkAsync(FlowCache flows, UplinkQueue uplink, CancellationToken cancellationToken)
    {
        Signal();
        while (await _work.Reader.ReadAsync(cancellationToken))
        {
            Follow(flows, uplink);
        }
    }

    /// <summary>Brings the maps in line with what is known now.</summary>
    private void Follow(FlowCache flows, UplinkQueue uplink)
    {
        var vswitch = _vswitch.Snapshot;
        var underlay = UnderlayPlan.Of(vswitch, _node);
        if (Volatile.Read(ref _southbound) is { } southbound)
        {
            if (southbound != _read)
            {
                _read = southbound;
                var domains = RoutingDomains.Of(southbound);
                if (_domains is null || domains.Tunnels != _domains.Tunnels)
                {
                    flows.SetTunnels(domains.Tunnels);
                }

                _domains = domains;
            }

            Locate(flows, vswitch, _domains!);
        }

        SayUplink(uplink.Follow(underlay, _domains is null ? null : Priorities(_domains)));

        flows.AttachUnderlay(underlay.Devices);
        Become(flows, StateOf(flows, vswitch, underlay));
    }

    /// <summary>
    /// Which priority goes with what endpoints send from; of several that may send from the same the highest. Not by where OVN has their
    /// ports: one that migrates sends before its port is here, and no port says what else may be sent from.
    /// </summary>
    private Dictionary<SenderPrefix, int> Priorities(RoutingDomains domains)
    {
        var priorities = new Dictionary<SenderPrefix, int>();
        foreach (var sender in _datapath.Senders)
        {
            if (domains.Spaces.TryGetValue(sender.Network, out var space))
            {
                foreach (var prefix in sender.Prefixes)
                {
                    var key = new SenderPrefix(space, prefix);
                    priorities[key] = Math.Max(sender.Priority, priorities.GetValueOrDefault(key));
                }
            }
        }

        return priorities;
    }

    private void SayUplink(string? fault)
    {
        if (fault != UplinkFault)
        {
            UplinkFault = fault;
            UplinkChanged?.Invoke(this, EventArgs.Empty);
        }
    }

    private FastPathState StateOf(FlowCache flows, OvsdbSnapshot vswitch, UnderlayPlan underlay)
    {
        if (vswitch.Table<Bridge>().FindByName("br-int") is not { } bridge)
        {
            return FastPathState.Waiting("Open vSwitch has no bridge br-int, which ovn-controller makes (package ovn-host)");
        }

        if (bridge.DatapathType != "netdev")
        {
            return FastPathState.Unsupported("it has been proven with Open vSwitch's userspace datapath only (datapath_type netdev)");
        }

        if (_conntrack.Fault is { } conntrack)
        {
            return FastPathState.Waiting(conntrack);
        }

        if (Volatile.Read(ref _southbound) is null)
        {
            return FastPathState.Waiting(Volatile.Read(ref _southboundFault));
        }

        return flows.IsHeld ? FastPathState.Detached : underlay.Fault is { } fault ? FastPathState.OnlyLocal(fault) : FastPathState.Enabled;
    }

    private void Become(FlowCache flows, FastPathState state)
    {
        if (Interlocked.Exchange(ref _state, state) == state)
        {
            return;
        }

        if (state.IsEnabled)
        {
            _wasEnabled = true;
            flows.Enable(_options.Ages);
        }
        else if (state != FastPathState.Detached && !IsTakingOver(state))
        {
            // What is detached is held already, and fast again as soon as it is not.
            flows.Disable();
        }

        _options.Logger.LogInformation("Fast path: {State}", state.Message);
    }

    /// <summary>
    /// What an earlier agent left on stays on while this one finds out: what is asked of ovs-vswitchd and of the southbound
    /// database is answered in milliseconds, and entries end by their age when it is not.
    /// </summary>
    private bool IsTakingOver(FastPathState state) =>
        _datapath.IsTakenOver && !_wasEnabled && state.Reason == FastPathState.WaitingReason && _options.Time.GetElapsedTime(_started) < _options.Ages.Hard;

    /// <summary>Puts each endpoint where it is, and has what is remembered of addresses that moved be forgotten.</summary>
    private void Locate(FlowCache flows, OvsdbSnapshot vswitch, RoutingDomains domains)
    {
        var ports = SwitchPortNames.Of(vswitch);
        var attached = _datapath.Attached.ToHashSet();
        foreach (var gone in _located.Keys.Where(devices => !attached.Contains(devices)).ToArray())
        {
            _located.Remove(gone, out var before);
            flows.RaiseGeneration(before!.Domain, before.Addresses);
        }

        foreach (var devices in attached)
        {
            var now = ports.TryGetValue(devices.OvsIndex, out var port) && domains.Ports.TryGetValue(port, out var found) ? found : null;
            _located.TryGetValue(devices, out var before);
            if (now == before)
            {
                continue;
            }

            // What an earlier agent had already put there has not moved.
            var isMoved = _datapath.SetDomain(devices, now?.Domain ?? 0);
            if (before is not null)
            {
                flows.RaiseGeneration(before.Domain, before.Addresses);
            }

            if (now is not null && (before is not null || isMoved))
            {
                flows.RaiseGeneration(now.Domain, now.Addresses);
            }

            if (now is null)
            {
                _located.Remove(devices);
            }
            else
            {
                _located[devices] = now;
            }
        }
    }

    /// <summary>Keeps a replica of what is needed of the southbound database; what was known stays known while it is away.</summary>
    private async Task FollowSouthboundAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var remote = _options.Southbound is not null
                ? new SouthboundRemote("", null, null, null)
                : await _vswitch.WaitUntilAsync(SouthboundRemote.Read, cancellationToken);
            try
            {
                await using var client = new OvsdbClient(OptionsFor(remote));
                using var following = client.Replica.Subscribe(change => Take(change.After), out _);
                await WaitConnectedAsync(client, cancellationToken);
                Take(client.Snapshot);
                await _vswitch.WaitUntilAsync(
                    snapshot => _options.Southbound is null && SouthboundRemote.Read(snapshot) != remote, cancellationToken);
            }
            catch (Exception e) when (e is IOException or FormatException or InvalidOperationException or System.Security.Cryptography.CryptographicException or UnauthorizedAccessException)
            {
                Volatile.Write(ref _southboundFault, $"OVN's southbound database cannot be reached: {e.Message}");
                Signal();
                await Task.Delay(RetryPause, _options.Time, cancellationToken);
            }
        }
    }

    private async Task WaitConnectedAsync(OvsdbClient client, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await client.WaitConnectedAsync(cancellationToken).WaitAsync(Patience, _options.Time, cancellationToken);
                return;
            }
            catch (TimeoutException)
            {
                Volatile.Write(ref _southboundFault, $"OVN's southbound database cannot be reached: {client.LastFault?.Message}");
                Signal();
            }
        }
    }

    private void Take(OvsdbSnapshot southbound)
    {
        // The replica is empty before it is loaded, and there is no OVN without datapaths that this node has to do with.
        if (southbound.Table<DatapathBinding>().Count > 0 || Volatile.Read(ref _southbound) is not null)
        {
            Volatile.Write(ref _southbound, southbound);
            Signal();
        }
    }

    private OvsdbClientOptions OptionsFor(SouthboundRemote remote) => new()
    {
        Endpoints = _options.Southbound ?? OvsdbEndpoint.ParseList(remote.Remote),
        Database = SouthboundDatabase.Name,
        Tables = [.. RoutingDomains.Tables(_options.Chassis)],
        Tls = remote.Credentials(),
        // A southbound server of a large fabric answers late when many nodes connect at once.
        ProbeInterval = TimeSpan.FromSeconds(30),
        Time = _options.Time,
        Logger = _options.Logger,
    };

    /// <summary>Takes away what an earlier agent attached, where this one has no fast path.</summary>
    private void DetachUnderlay()
    {
        if (UnderlayPlan.Of(_vswitch.Snapshot, _node).Devices is { } devices)
        {
            UplinkQueue.Clear(_node, devices.NicIndex);
            foreach (var link in (ReadOnlySpan<int>)[devices.NicIndex, devices.PortIndex])
            {
                if (_node.GetIngressFilters(link).Any(filter => filter.Name is FlowCache.FromUnderlay or FlowCache.ToUnderlay))
                {
                    _node.DetachIngress(link);
                }
            }
        }
    }
}
