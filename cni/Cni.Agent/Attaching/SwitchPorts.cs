using System.Collections.Concurrent;
using Bpf.FastPath.Endpoints;
using Cni.Agent.Journal;
using Cni.Agent.Serving;
using Cni.Datapath.Shaping;
using Cni.Netlink;
using Cni.Protocol;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent.Attaching;

/// <summary>
/// The switch's ports on this node. A port is kept for as long as an attachment has it or a pod that is scheduled here will need it,
/// and is the same for all containers that the pod is given. What becomes of one is worked out anew each time it is looked at, so
/// that a port that the switch made again, lost, or kept too long comes right by itself.
/// </summary>
/// <param name="node">rtnetlink in the node's namespace.</param>
/// <param name="vswitch">The node's switch.</param>
/// <param name="datapath">The eBPF programs.</param>
/// <param name="shapers">Hold endpoints to their limits.</param>
/// <param name="journal">The attachments.</param>
/// <param name="steps">Takes the steps.</param>
/// <param name="logger">Is told what is tried again.</param>
internal sealed class SwitchPorts(
    RouteSocket node, VswitchClient vswitch, EndpointDatapath datapath, EndpointShapers shapers, AttachmentJournal journal, Steps steps, ILogger logger)
{
    // Made in some 10 ms, in half a second beside 400 others; the rest is for a switch that is being restarted.
    private static readonly TimeSpan SwitchBudget = TimeSpan.FromSeconds(30);

    private readonly Turns<string> _turns = new();
    private readonly ConcurrentDictionary<string, InternalPort> _expected = new(StringComparer.Ordinal);

    // The devices that this process's programs are on; without an endpoint the host's index is 0.
    private readonly ConcurrentDictionary<string, EndpointDevices> _devices = new(StringComparer.Ordinal);
    private readonly WorkQueue<string> _queue = new(new WorkQueueOptions { Workers = 16, Retry = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(15)) });

    /// <summary>Has a port be ready for a pod that is scheduled here.</summary>
    internal void Expect(InternalPort port)
    {
        _expected[port.Name] = port;
        Look(port.Name);
    }

    /// <summary>The pod is not expected any more.</summary>
    internal void Dismiss(string name)
    {
        if (_expected.TryRemove(name, out _))
        {
            Look(name);
        }
    }

    /// <summary>Has a port be looked at in the background.</summary>
    internal void Look(string name) => _queue.Add(name);

    /// <summary>Has every port be looked at that the agent once made and that nothing is known of.</summary>
    internal void LookForStrays()
    {
        foreach (var port in vswitch.OwnedBy(EndpointPlan.Owner).Where(port => !_expected.ContainsKey(port.Name) && !journal.OfPort(port.Name).Any()))
        {
            Look(port.Name);
        }
    }

    /// <summary>Works on a port while nobody else does.</summary>
    internal Task<T> InTurnAsync<T>(string name, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        _turns.RunAsync(name, work, cancellationToken);

    /// <summary>Looks at ports until cancelled: at those asked for, and at those whose device the switch has changed.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var subscription = vswitch.Replica.Subscribe(OnChange, out _);
        foreach (var record in journal.ReadAll())
        {
            Look(DeviceNames.Of(record).SwitchPort);
        }

        await _queue.RunAsync(
            async (name, ct) =>
            {
                await InTurnAsync(name, inTurn => SettleAsync(name, inTurn), ct);
                return null;
            },
            (name, e, wait) => logger.Log(wait < TimeSpan.FromSeconds(1) ? LogLevel.Warning : LogLevel.Debug, "Port {Port}: {Message}; again in {Wait}", name, e.Message, wait),
            cancellationToken);
    }

    /// <summary>Takes over the devices of an attachment that an earlier agent made, without a gap.</summary>
    /// <returns>The two; null when one is not there: a port that is not is made again when it is looked at.</returns>
    internal EndpointDevices? TakeOver(AttachmentRecord record)
    {
        var names = DeviceNames.Of(record);
        if (node.FindLink(names.Endpoint) is not { } host || node.FindLink(names.SwitchPort) is not { } port)
        {
            return null;
        }

        var devices = new EndpointDevices(host.Index, port.Index);
        shapers.Recover(devices, names.Shaper, record.Subnet is { } subnet ? DeviceNames.SumOf(subnet) : null);
        datapath.Attach(devices);
        _devices[names.SwitchPort] = devices;
        return devices;
    }

    /// <summary>Has the port be there, its device up, silent and guarded. Within the port's turn.</summary>
    /// <returns>The device's index.</returns>
    /// <exception cref="CniFailure">The switch cannot make it now.</exception>
    internal async Task<int> EnsureAsync(InternalPort port, CancellationToken cancellationToken)
    {
        var known = _devices.GetValueOrDefault(port.Name);
        if (known.OvsIndex > 0 && vswitch.Has(port) && node.FindLink(port.Name) is { IsUp: true } link && link.Index == known.OvsIndex)
        {
            return known.OvsIndex;
        }

        var index = await steps.TakeAsync(AttachStep.PortMade, () => MakeAsync(port, cancellationToken));
        steps.Take(AttachStep.PortGuarded, () => Guard(port.Name, index));
        if (known.OvsIndex > 0 && known.OvsIndex != index)
        {
            datapath.Forget(known.OvsIndex);
        }

        _devices[port.Name] = new EndpointDevices(known.OvsIndex == index ? known.HostIndex : 0, index);
        return index;
    }

    /// <summary>Joins an endpoint to the port, in place of the one that had it. Within the port's turn.</summary>
    internal void Join(string name, EndpointDevices devices)
    {
        var before = _devices.GetValueOrDefault(name);
        datapath.Join(devices);
        _devices[name] = devices;
        if (before.HostIndex > 0 && before.HostIndex != devices.HostIndex)
        {
            datapath.Forget(before.HostIndex);
        }
    }

    /// <summary>Brings a port to what it is to be. Within the port's turn.</summary>
    internal async Task<bool> SettleAsync(string name, CancellationToken cancellationToken)
    {
        switch (OwnerOf(name))
        {
            case { Step: AttachmentStep.Finished } owner:
                await RestoreAsync(owner, cancellationToken);
                break;
            case null when _expected.TryGetValue(name, out var expected):
                await ReadyAsync(expected, cancellationToken);
                break;
            case null:
                await RemoveAsync(name, cancellationToken);
                break;
        }

        // Otherwise an ADD is at it.
        return true;
    }

    /// <summary>Of the containers of one pod the newest has the port.</summary>
    private AttachmentRecord? OwnerOf(string name) =>
        journal.OfPort(name).Where(record => record.Step is not AttachmentStep.Releasing).MaxBy(record => record.Since ?? DateTimeOffset.MinValue);

    private async Task RestoreAsync(AttachmentRecord owner, CancellationToken cancellationToken)
    {
        var names = DeviceNames.Of(owner);
        if (EndpointPlan.PortOf(owner) is not { } port || node.FindLink(names.Endpoint) is not { } host)
        {
            return;
        }

        var index = await EnsureAsync(port, cancellationToken);
        if (_devices.GetValueOrDefault(port.Name) != new EndpointDevices(host.Index, index))
        {
            Join(port.Name, new EndpointDevices(host.Index, index));
            logger.LogInformation("Port {Port} of pod {Pod} is joined again", port.Name, owner.PodName);
        }
    }

    private async Task ReadyAsync(InternalPort port, CancellationToken cancellationToken)
    {
        var index = await EnsureAsync(port, cancellationToken);
        if (_devices.GetValueOrDefault(port.Name) is { HostIndex: > 0 })
        {
            // The endpoint that was joined to it is gone.
            steps.Take(AttachStep.Parted, () => datapath.Forget(index));
            _devices[port.Name] = new EndpointDevices(0, index);
        }
    }

    private async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        _devices.TryRemove(name, out var known);
        if (!vswitch.Owns(name, EndpointPlan.Owner))
        {
            return;
        }

        var index = known.OvsIndex > 0 ? known.OvsIndex : node.FindLink(name)?.Index;
        await steps.TakeAsync(AttachStep.PortRemoved, () => vswitch.RemoveAsync([name], cancellationToken));
        if (index is { } gone)
        {
            steps.Take(AttachStep.Parted, () => datapath.Forget(gone));
        }
    }

    private async Task<int> MakeAsync(InternalPort port, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(SwitchBudget);
        try
        {
            Require(await vswitch.AddAsync(port, budget.Token), port);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CniFailure(
                CniErrorCode.TryAgainLater, $"Open vSwitch did not make port {port.Name} within {SwitchBudget.TotalSeconds:0} s",
                "Are ovsdb-server and ovs-vswitchd running on this node?");
        }

        // ovs-vswitchd has taken the port in (cur_cfg), so its device is there unless it could not be made.
        if (node.FindLink(port.Name) is { } link)
        {
            return link.Index;
        }

        var state = await vswitch.WaitMadeAsync(port.Name, TimeSpan.FromSeconds(2), cancellationToken);
        return node.FindLink(port.Name)?.Index
            ?? throw new CniFailure(CniErrorCode.TryAgainLater, $"ovs-vswitchd made no device {port.Name}: {state.Describe()}");
    }

    private void Guard(string device, int index)
    {
        // The node's own IPv6 must not speak on a device that belongs to the overlay.
        NetnsScope.DisableIpv6(device);
        datapath.Guard(index);
        node.SetUp(index);
    }

    private static void Require(PortAddition addition, InternalPort port)
    {
        switch (addition)
        {
            case PortAddition.NoBridge:
                throw new CniFailure(CniErrorCode.TryAgainLater, $"Open vSwitch has no bridge {port.Bridge}", "ovn-controller makes it: is it running on this node?");
            case PortAddition.NameTaken:
                throw new CniFailure(CniErrorCode.InputOutput, $"Open vSwitch has a port {port.Name} that is not the agent's", "Remove it with ovs-vsctl del-port");
        }
    }

    private void OnChange(ReplicaChange change)
    {
        foreach (var row in change.Of<Interface>())
        {
            var name = (row.After ?? row.Before!).Name;
            if (_devices.TryGetValue(name, out var devices) && (row.After is null || (row.After.Ifindex is { } index && index != devices.OvsIndex)))
            {
                Look(name);
            }
        }
    }
}
