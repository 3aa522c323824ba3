using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Fabric.Resources.Core;
using Microsoft.Extensions.Logging;
using Ovs.Vswitch;
using Vmnet.KubeVirt;

namespace Cni.Agent.Nics;

/// <summary>
/// Has the switch's ports of pods that are scheduled to this node made at once, so that OVN has installed them when the container
/// runtime asks; and has them removed with the pod, whether it was ever asked for or not.
/// </summary>
internal sealed class ScheduledPods(NodeView view, LaunchedInstances instances, AttachmentJournal journal, SwitchPorts ports, ILogger logger)
{
    private readonly WorkQueue<string> _queue = new(new WorkQueueOptions { Retry = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10)) });
    private readonly Lock _gate = new();

    // By the pod's uid.
    private readonly Dictionary<string, Dictionary<string, InternalPort>> _expected = new(StringComparer.Ordinal);

    /// <summary>Follows the pods of the node until cancelled.</summary>
    internal Task RunAsync(CancellationToken cancellationToken)
    {
        view.Pods.Subscribe(change =>
        {
            if (change.New is null && LauncherPod.Identify(change.Current) is { } vm)
            {
                instances.Forget(vm.InstanceUid);
            }

            _queue.Add(change.Current.Metadata.Uid!);
        });
        view.Nics.Subscribe(change =>
        {
            foreach (var pod in view.PodsOf(change.Current))
            {
                _queue.Add(pod);
            }
        });
        return _queue.RunAsync(
            LookAsync,
            (pod, e, wait) => logger.Log(wait < TimeSpan.FromSeconds(1) ? LogLevel.Information : LogLevel.Debug, "The ports of pod {Pod} are not known yet: {Message}; again in {Wait}", pod, e.Message, wait),
            cancellationToken);
    }

    /// <summary>Whether a pod will be given a container that needs its Nics.</summary>
    internal static bool IsExpected(Pod pod) => pod.Spec?.HostNetwork != true && !pod.IsFinished && !pod.Metadata.IsDeleting;

    private async Task<TimeSpan?> LookAsync(string uid, CancellationToken cancellationToken)
    {
        var pod = view.FindPod(uid);
        var wanted = pod is not null && IsExpected(pod) ? await PortsOfAsync(pod, cancellationToken) : [];
        Bring(uid, wanted.ToDictionary(port => port.Name, StringComparer.Ordinal));
        return null;
    }

    private void Bring(string uid, Dictionary<string, InternalPort> wanted)
    {
        Dictionary<string, InternalPort>? before;
        lock (_gate)
        {
            before = _expected.GetValueOrDefault(uid);
            if (wanted.Count == 0)
            {
                _expected.Remove(uid);
            }
            else
            {
                _expected[uid] = wanted;
            }
        }

        foreach (var name in before?.Keys.Where(name => !wanted.ContainsKey(name)) ?? [])
        {
            ports.Dismiss(name);
        }

        foreach (var port in wanted.Values.Where(port => before?.GetValueOrDefault(port.Name) != port))
        {
            ports.Expect(port);
        }
    }

    private async Task<IEnumerable<InternalPort>> PortsOfAsync(Pod pod, CancellationToken cancellationToken)
    {
        var uid = pod.Metadata.Uid!;
        if (!LauncherPod.IsLauncher(pod))
        {
            return PortsOf(uid, uid, view.NicsOf(uid));
        }

        if (LauncherPod.Identify(pod) is not { } vm || await instances.FindAsync(vm, cancellationToken) is not { } instance)
        {
            return [];
        }

        var owner = instance.VirtualMachineUid ?? vm.InstanceUid;
        var onPodNetwork = VmInterfaces.Of(instance.Spec).Where(each => each.OnPodNetwork).Select(each => each.NicName(vm.Name)).ToHashSet(StringComparer.Ordinal);
        return PortsOf(uid, owner, view.NicsOf(owner).Where(nic => onPodNetwork.Contains(nic.Metadata.Name!)));
    }

    private IEnumerable<InternalPort> PortsOf(string podUid, string ownerUid, IEnumerable<Nic> nics) =>
        from nic in nics
        where NicReadiness.Of(nic, ownerUid) is NicReadiness.Ready && !IsHeldByAnother(nic, podUid)
        select EndpointPlan.PortOf(DeviceNames.SwitchPortOf(podUid, ResourceTypes.Nics.KeyOf(nic)), nic.Status!);

    /// <summary>Two ports of one Nic on one switch would fight for it: while an earlier pod of a VM has it, the next one waits.</summary>
    private bool IsHeldByAnother(Nic nic, string podUid) =>
        nic.Status!.Attachments.Any(each => each.PodUid != podUid)
        || journal.ReadAll().Any(record => record.PodUid != podUid && record.Nic == ResourceTypes.Nics.KeyOf(nic) && record.Step is not AttachmentStep.Releasing);
}
