using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Bpf.FastPath.Endpoints;
using Bpf.Interop;
using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Agent.Nics;
using Cni.Netlink;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Fabric.Primitives;
using Fabric.Resources;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent.Migrating;

/// <summary>
/// The VMs' endpoints of this node, each with what it needs to be left and to be come to. What is of a VM goes with its attachment; an agent
/// that comes after another goes on with what is on the VM's tap.
/// </summary>
internal sealed class VmEndpoints : IDisposable
{
    // A guest boots for seconds after its tap is there, and a tap that is found late is only one whose first reads are not known.
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);

    // The control plane does not wait for this node for longer.
    private static readonly TimeSpan LongestLeave = TimeSpan.FromSeconds(3);

    // The control plane takes the port away from this node when the launcher ends, which is before its devices go.
    private static readonly TimeSpan LongestReturn = TimeSpan.FromSeconds(1);

    private readonly EndpointDatapath _datapath;
    private readonly AttachmentJournal _journal;
    private readonly AttachmentStatus _status;
    private readonly NodeView _view;
    private readonly OvsdbReplica _vswitch;
    private readonly VmConnections _connections;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<AttachmentKey, VmEndpoint> _vms = new();

    // That there is one whose tap is to be looked for; once is enough.
    private readonly Channel<bool> _begun = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    // What is to be said of gates in the Nics' status.
    private readonly ConcurrentDictionary<AttachmentKey, (AttachmentRecord Record, NicGate Gate)> _toSay = new();
    private readonly WorkQueue<AttachmentKey> _queue = new(new WorkQueueOptions { Retry = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)) });

    internal VmEndpoints(
        EndpointDatapath datapath, AttachmentJournal journal, AttachmentStatus status, NodeView view, OvsdbReplica vswitch, VmConnections connections, string node, TimeProvider time,
        ILogger logger)
    {
        (_datapath, _journal, _status, _view, _vswitch, _connections, _node, _time, _logger) = (datapath, journal, status, view, vswitch, connections, node, time, logger);
    }

    /// <summary>Begins with an endpoint whose devices are joined and not up yet; that of the target of a migration keeps frames from now on.</summary>
    internal void Begin(AttachmentRecord record, EquatableArray<IpAddress> addresses, EndpointDevices devices)
    {
        if (!record.IsVm)
        {
            return;
        }

        End(record.Key);
        try
        {
            var vm = Load(record, addresses, devices);
            _vms[record.Key] = vm;
            _begun.Writer.TryWrite(true);
            if (record.LeftToOvn)
            {
                LeaveToOvn(record, why: null);
            }
            else if (record.Migration is not null)
            {
                Hold(vm, devices);
            }
        }
        catch (Exception e) when (e is BpfException or NetlinkException)
        {
            // The VM works without, and is moved as OVN can by itself.
            _logger.LogWarning("What VM {Nic} reads is not followed: {Message}", record.Nic, e.Message);
            LeaveToOvn(record, $"what comes before the VM is not kept: {e.Message}");
        }
    }

    /// <summary>Goes on with an endpoint that an earlier agent made.</summary>
    internal void Resume(AttachmentRecord record, EndpointDevices devices) =>
        Begin(record, [.. (record.Result?.Ips ?? []).Select(ip => IpInterfaceAddress.Parse(ip.Address).Address)], devices);

    /// <summary>The endpoint goes.</summary>
    internal void End(AttachmentKey key)
    {
        if (_vms.TryRemove(key, out var vm))
        {
            if (vm.Keeper is { } keeper)
            {
                keeper.Dispose();
                _datapath.FastPath?.Release(vm.Addresses);
            }

            vm.Dispose();
        }
    }

    /// <summary>
    /// Has a VM that was to come here and has not be given, where it is, what came here alone. That may happen until OVN sends nothing here
    /// any more, which is waited for; where it does not come about, what is here by then is all there is.
    /// </summary>
    internal async Task HandBackAsync(AttachmentRecord record, CancellationToken cancellationToken)
    {
        if (!_vms.TryGetValue(record.Key, out var vm) || vm.Keeper is not { } keeper || vm.Gate.HasSpoken)
        {
            return;
        }

        var port = DeviceNames.Of(record).SwitchPort;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LongestReturn);
        try
        {
            await _vswitch.WaitUntilAsync(snapshot => !PortState.Read(snapshot, port).IsOvnInstalled, patience.Token);
        }
        catch (OperationCanceledException)
        {
            _logger.LogWarning("{Nic}: OVN has not given port {Port} back within {Patience} s", record.Nic, port, LongestReturn.TotalSeconds);
        }

        await Task.Run(keeper.HandBack, CancellationToken.None);
    }

    /// <summary>
    /// Waits until the port of a VM that has gone is the other node's alone: a port that went before would for some milliseconds be
    /// nobody's.
    /// </summary>
    internal async Task WaitGoneAsync(AttachmentRecord record, CancellationToken cancellationToken)
    {
        var limit = _time.GetUtcNow() + LongestLeave;
        while (record.IsVm && _view.Nics.Get(record.Nic)?.Status?.Migration is { Phase: NicMigrationPhase.Activated } migration && migration.SourcePodUid == record.PodUid && _time.GetUtcNow() < limit)
        {
            await Task.Delay(LookPeriod, _time, cancellationToken);
        }
    }

    /// <summary>The Nics of VMs that have come here, and that as far as is known live elsewhere.</summary>
    internal IReadOnlyList<ObjectKey> Arriving() =>
        [.. _vms.Values.Where(vm => vm.HasCome && _view.Nics.Get(vm.Record.Nic) is null).Select(vm => vm.Record.Nic)];

    /// <summary>What another node asks of a VM that goes there.</summary>
    internal async ValueTask<ReadSetAnswer> AnswerAsync(string node, ReadSetRequest request, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // To whom else a Nic is attached was said by the control plane and that node's agent.
        if (_view.Nics.Get(request.Nic)?.Status is not { } nic || !nic.Attachments.Any(each => each.Node == node && each.Node != _node))
        {
            return ReadSetAnswer.Refused(ReadSetStatus.NotHere);
        }

        if (_vms.Values.FirstOrDefault(each => each.Record.Nic == request.Nic && each.Keeper is null) is not { } vm)
        {
            return ReadSetAnswer.Refused(ReadSetStatus.NotHere);
        }

        switch (request.Verb)
        {
            case ReadSetVerb.Prepare:
                return ReadSetAnswer.Refused(vm.Prepare());
            case ReadSetVerb.Read:
                return vm.Read();
            case ReadSetVerb.Heard:
                return vm.ReadHeard();
            case ReadSetVerb.Deliver when FrameBundle.Parse(bytes) is { } frames:
                return Delivered(vm, frames);
            case ReadSetVerb.Connections:
                return ReadSetAnswer.Of(FrameBundle.ToBytes(await _connections.ReadAsync(nic, vm.Addresses, cancellationToken)));
            default:
                return ReadSetAnswer.Refused(ReadSetStatus.Malformed);
        }
    }

    private static ReadSetAnswer Delivered(VmEndpoint vm, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        try
        {
            vm.Deliver(frames);
            return ReadSetAnswer.Refused(ReadSetStatus.Known);
        }
        catch (NetlinkException)
        {
            // Its device is going.
            return ReadSetAnswer.Refused(ReadSetStatus.NotHere);
        }
    }

    /// <summary>Looks for taps, and says what became of gates, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        _view.Nics.Subscribe(change =>
        {
            // The control plane has given the VM to this node, whether it has spoken or not.
            if (change.New is { } nic)
            {
                foreach (var vm in _vms.Values.Where(each => each.Keeper is not null && each.Record.Nic == ResourceTypes.Nics.KeyOf(nic) && nic.Status?.Node == _node))
                {
                    vm.Keeper?.Open();
                }
            }
        });
        await Task.WhenAll(LookForTapsAsync(cancellationToken), _queue.RunAsync(SayAsync, (key, e, wait) => _logger.LogDebug("The gate of {Container} cannot be told: {Message}; again in {Wait}", key.ContainerId, e.Message, wait), cancellationToken));
    }

    public void Dispose()
    {
        foreach (var key in _vms.Keys.ToArray())
        {
            End(key);
        }
    }

    private async Task LookForTapsAsync(CancellationToken cancellationToken)
    {
        // A node whose VMs all run is not woken.
        await foreach (var _ in _begun.Reader.ReadAllAsync(cancellationToken))
        {
            using var timer = new PeriodicTimer(LookPeriod, _time);
            while (_vms.Values.Where(each => !each.HasTap).ToArray() is { Length: > 0 } looked)
            {
                await timer.WaitForNextTickAsync(cancellationToken);
                foreach (var vm in looked)
                {
                    LookForTap(vm);
                }
            }
        }
    }

    private void LookForTap(VmEndpoint vm)
    {
        try
        {
            if (vm.LookForTap())
            {
                _logger.LogDebug("The tap of {Nic} is followed", vm.Record.Nic);
            }
        }
        catch (Exception e) when (e is NetlinkException or ObjectDisposedException)
        {
            // It is looked for again; or its launcher is going.
            _logger.LogDebug("The tap of {Nic} is not found: {Message}", vm.Record.Nic, e.Message);
        }
    }

    private VmEndpoint Load(AttachmentRecord record, EquatableArray<IpAddress> addresses, EndpointDevices devices)
    {
        var pod = NetnsScope.OpenSocket(record.Netns);
        try
        {
            return new VmEndpoint(record, addresses, devices, _datapath.LoadGate(VmEndpoint.FindRunning(pod), isTarget: record is { Migration: not null, LeftToOvn: false }), pod);
        }
        catch
        {
            pod.Dispose();
            throw;
        }
    }

    private void Hold(VmEndpoint vm, EndpointDevices devices)
    {
        _datapath.FastPath?.Hold(vm.Addresses);
        vm.Gate.Hold(devices, GateKeeper.HoldLease);
        vm.Keeper = new GateKeeper(
            vm, PacketSocket.Open(devices.HostIndex), new ConnectionInlet(PacketSocket.Open(devices.OvsIndex), () => _datapath.FastPath is { IsEnabled: true }), ClientFor(vm.Record),
            gate => Say(vm.Record, gate), () => Finish(vm.Record, devices), _logger);
        vm.Keeper.Start();
        Say(vm.Record, new NicGate { MigrationUid = vm.Record.Migration!, State = NicGateState.Held });
    }

    /// <summary>The source is asked by what is in the journal: an agent that comes after another does not hear of the Nic while it lives elsewhere.</summary>
    private ReadSetClient? ClientFor(AttachmentRecord record)
    {
        if (record is not { SourceNode: { } source, SourceAgent: { } agent } || !IPEndPoint.TryParse(agent, out var endpoint))
        {
            _logger.LogWarning("{Nic}: {Node} does not say where it is asked what the VM has read", record.Nic, record.SourceNode);
            return null;
        }

        if (NodeCredentials.Read(_vswitch.Snapshot, out var fault) is { } credentials)
        {
            return new ReadSetClient(endpoint, source, record.Nic, credentials, _logger);
        }

        _logger.LogWarning("{Nic}: {Node} is not asked what the VM has read: {Fault}", record.Nic, source, fault);
        return null;
    }

    private void Finish(AttachmentRecord record, EndpointDevices devices)
    {
        // From here on it is an endpoint as all others, also for an agent that comes after this one.
        if (_journal.Find(record.Key) is { Step: AttachmentStep.Finished or AttachmentStep.Started } known)
        {
            _journal.Write(known with { Migration = null, SourceNode = null, SourceAgent = null });
            _datapath.Attach(devices);
        }

        if (_vms.TryGetValue(record.Key, out var vm))
        {
            vm.Keeper?.Dispose();
            vm.Keeper = null;
            _datapath.FastPath?.Release(vm.Addresses);
        }
    }

    private void LeaveToOvn(AttachmentRecord record, string? why)
    {
        if (record.Migration is { } uid)
        {
            Say(record, new NicGate { MigrationUid = uid, State = NicGateState.LeftToOvn, Message = why });
        }
    }

    private void Say(AttachmentRecord record, NicGate gate)
    {
        _toSay[record.Key] = (record, gate);
        _queue.Add(record.Key);
    }

    private async Task<TimeSpan?> SayAsync(AttachmentKey key, CancellationToken cancellationToken)
    {
        if (_toSay.TryGetValue(key, out var said))
        {
            await _status.ChangeAsync(said.Record, attachment => attachment with { Gate = said.Gate }, cancellationToken);
            _toSay.TryRemove(new KeyValuePair<AttachmentKey, (AttachmentRecord, NicGate)>(key, said));
        }

        return null;
    }
}
