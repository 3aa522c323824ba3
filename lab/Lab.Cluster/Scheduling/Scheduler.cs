using System.Text.Json.Nodes;
using Fabric.Kube;
using Fabric.Kube.Events;
using Fabric.Kube.Informers;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Reconciling;
using Microsoft.Extensions.Logging;

namespace Lab.Cluster.Scheduling;

/// <summary>Binds pods to nodes.</summary>
internal sealed class Scheduler
{
    private readonly KubeResource<Pod> _pods;
    private readonly Informer<Pod> _podInformer;
    private readonly Informer<Node> _nodeInformer;
    private readonly EventRecorder _events;
    private readonly TimeProvider _time;
    private readonly KeyedWork _work;

    /// <summary>Bound by us, and not seen as bound yet: without it, pods that come together would all go to one node. One worker uses it.</summary>
    private readonly Dictionary<string, string> _assumed = new(StringComparer.Ordinal);

    public Scheduler(KubeClient client, Informer<Pod> pods, Informer<Node> nodes, EventRecorder events, ILogger logger)
    {
        _pods = client.Resource(ResourceTypes.Pods);
        (_podInformer, _nodeInformer, _events, _time) = (pods, nodes, events, client.Options.Time);
        _work = new KeyedWork(logger, _time, workers: 1);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_podInformer.WaitForSyncAsync(cancellationToken), _nodeInformer.WaitForSyncAsync(cancellationToken));
        _podInformer.Subscribe(change =>
        {
            if (change.New is { } pod && IsUnbound(pod))
                _work.Add(ResourceTypes.Pods.KeyOf(pod));
        });
        // A node that came, became ready or was uncordoned may take what fitted nowhere.
        _nodeInformer.Subscribe(_ =>
        {
            foreach (var pod in _podInformer.List().Where(IsUnbound))
                _work.Add(ResourceTypes.Pods.KeyOf(pod));
        });
        await _work.RunAsync(ScheduleAsync, cancellationToken);
    }

    private static bool IsUnbound(Pod pod) => string.IsNullOrEmpty(pod.Spec?.NodeName) && !pod.Metadata.IsDeleting && !pod.IsFinished;

    private async Task<TimeSpan?> ScheduleAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_podInformer.Get(key) is not { } pod || !IsUnbound(pod) || _assumed.ContainsKey(pod.Metadata.Uid!))
            return null;
        var load = Load();
        var (node, why) = Placement.Choose(pod, _nodeInformer.List(), _podInformer.List(), name => load.GetValueOrDefault(name));
        if (node is null)
        {
            await RefuseAsync(pod, why, cancellationToken);
            return null;
        }
        var binding = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = pod.Metadata.ResourceVersion },
            ["spec"] = new JsonObject { ["nodeName"] = node },
        };
        await _pods.PatchAsync(key, KubePatch.Merge(binding), cancellationToken);
        _assumed[pod.Metadata.Uid!] = node;
        _events.Normal(pod, "Scheduled", $"Successfully assigned {key} to {node}");
        return null;
    }

    /// <summary>Pods that have not ended, by node.</summary>
    private Dictionary<string, int> Load()
    {
        var pods = _podInformer.List();
        foreach (var uid in _assumed.Keys.Except(pods.Where(IsUnbound).Select(pod => pod.Metadata.Uid!), StringComparer.Ordinal).ToArray())
            _assumed.Remove(uid);
        return pods
            .Where(pod => !pod.IsFinished)
            .Select(pod => pod.Spec?.NodeName is { Length: > 0 } bound ? bound : _assumed.GetValueOrDefault(pod.Metadata.Uid!))
            .OfType<string>()
            .CountBy(name => name, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
    }

    private async Task RefuseAsync(Pod pod, string why, CancellationToken cancellationToken)
    {
        _events.Warning(pod, "FailedScheduling", why);
        var known = pod.Status?.Conditions;
        var status = (pod.Status ?? new PodStatus()) with
        {
            Phase = pod.Status?.Phase ?? "Pending",
            Conditions = known.With("PodScheduled", holds: false, _time.GetUtcNow(), "Unschedulable", why),
        };
        if (!JsonSame.AsJson(pod.Status, status, ResourceJson.Default.PodStatus))
            await _pods.UpdateStatusAsync(pod with { Status = status }, cancellationToken);
    }
}
