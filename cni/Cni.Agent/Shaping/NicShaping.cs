using System.Collections.Concurrent;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Uplinks;
using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Agent.Nics;
using Cni.Datapath;
using Cni.Datapath.Shaping;
using Cni.Netlink;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Shaping;

/// <summary>
/// Holds Nics that are plugged in to what is said of them now, their limits and priorities and whether they may advertise themselves as routers: when that changes, after an agent's start, and when
/// somebody took a queue away. What ADD has set up is looked at once more, because the Nic may have changed meanwhile.
/// </summary>
internal sealed class NicShaping(
    NodeView view, AttachmentJournal journal, RouteSocket node, SwitchPorts ports, EndpointShapers shapers, EndpointDatapath datapath, FastPathFeeder fastPath, AttachmentStatus status, Steps steps, TimeProvider time, ILogger logger)
{
    // A queue that somebody took away is back after this; a look asks the kernel four questions for each limited Nic.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    // A port that the switch has lost is made again in less.
    private static readonly TimeSpan PortPatience = TimeSpan.FromSeconds(1);

    private readonly WorkQueue<AttachmentKey> _queue = new(new WorkQueueOptions { Retry = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)) });

    // What was last found or made so; an attachment that is not in it has not been looked at by this process.
    private readonly ConcurrentDictionary<AttachmentKey, Applied> _applied = new();

    /// <summary>Has an attachment be looked at that was just made.</summary>
    internal void Look(AttachmentKey key)
    {
        _applied.TryRemove(key, out _);
        _queue.Add(key);
    }

    /// <summary>Follows the Nics of this node until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        view.Nics.Subscribe(change =>
        {
            if (change.New is { } nic)
            {
                OnNic(nic);
            }
        });
        fastPath.UplinkChanged += (_, _) => LookAtLimited();
        await Task.WhenAll(
            _queue.RunAsync(
                SettleAsync,
                (key, e, wait) => logger.Log(
                    wait < TimeSpan.FromSeconds(1) ? LogLevel.Warning : LogLevel.Debug, "Container {Container} is not held to its limits yet: {Message}; again in {Wait}", key.ContainerId, e.Message, wait),
                cancellationToken),
            LookAgainAsync(cancellationToken));
    }

    private void OnNic(Nic nic)
    {
        var key = ResourceTypes.Nics.KeyOf(nic);
        foreach (var record in journal.ReadAll().Where(record => record.Nic == key && record.Step is AttachmentStep.Finished))
        {
            _queue.Add(record.Key);
        }
    }

    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            LookAtLimited();
        }
    }

    private void LookAtLimited()
    {
        foreach (var (key, applied) in _applied)
        {
            if (journal.Find(key) is null)
            {
                _applied.TryRemove(key, out _);
            }
            else if (applied.Limits != EndpointLimits.None || applied.Sender.Priority > 0)
            {
                Look(key);
            }
        }
    }

    private async Task<TimeSpan?> SettleAsync(AttachmentKey key, CancellationToken cancellationToken)
    {
        if (journal.Find(key) is not { Step: AttachmentStep.Finished } record || view.Nics.Get(record.Nic) is not { Status: { } seen } nic)
        {
            return null;
        }

        var wanted = new Applied(NicLimits.Of(seen.Qos, EndpointPlan.MtuOf(seen)), NicLimits.SenderOf(nic), nic.Spec.MayAdvertise);
        var before = _applied.GetValueOrDefault(key);
        if (before == wanted)
        {
            return null;
        }

        var names = DeviceNames.Of(record);
        if (node.FindLink(names.Endpoint) is null)
        {
            return null;
        }

        var (isThere, fault) = await ports.InTurnAsync(names.SwitchPort, _ => Task.FromResult(Apply(record, names, nic, wanted)), cancellationToken);
        if (!isThere)
        {
            return PortPatience;
        }

        fault = Join(fault, wanted.Sender.Priority is > 0 and var priority && fastPath.UplinkFault is { } uplink ? $"priority {priority} is not enforced: {uplink}" : null);
        if (!status.IsQosFaultSaid(nic, fault))
        {
            await status.SetQosFaultAsync(record.Nic, fault, cancellationToken);
        }

        _applied[key] = wanted;
        if (before is not null && (before.Limits, before.Sender.Priority) != (wanted.Limits, wanted.Sender.Priority))
        {
            logger.LogInformation("{Nic}: pod {Pod} is held to {Limits}", record.Nic, record.PodName, seen.Qos?.ToString() ?? "no limits");
        }

        return null;
    }

    private static string? Join(string? fault, string? other) => fault is null ? other : other is null ? fault : $"{fault}; {other}";

    private (bool IsThere, string? Fault) Apply(AttachmentRecord record, DeviceNames names, Nic nic, Applied wanted)
    {
        // A removal may have come first; a port that the switch lost is joined again with what was set up before.
        if (journal.Find(record.Key) is not { Step: AttachmentStep.Finished } || node.FindLink(names.Endpoint) is not { } host || node.FindLink(names.SwitchPort) is not { } port)
        {
            return (false, null);
        }

        var devices = new EndpointDevices(host.Index, port.Index);
        datapath.SetAdvertises(devices, wanted.MayAdvertise);
        datapath.SetSender(devices, wanted.Sender);
        return (true, steps.Take(AttachStep.Limited, () => shapers.Apply(devices, names.Shaper, EndpointPlan.MtuOf(nic.Status!), wanted.Limits)));
    }

    private sealed record Applied(EndpointLimits Limits, UplinkSender Sender, bool MayAdvertise);
}
