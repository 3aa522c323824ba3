using Fabric.Kube;
using Fabric.Kube.Events;
using Fabric.Kube.Informers;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Reconciling;
using Lab.Cluster.Sandboxes;
using Microsoft.Extensions.Logging;

namespace Lab.Cluster.Kubelet;

/// <summary>Makes one node's runtime run what is bound to the node, and reports it.</summary>
/// <remarks>Keeps nothing: what is wanted is in the API, what runs is in the runtime, so it may be ended at any instant.</remarks>
internal sealed class NodeKubelet
{
    private readonly LabNode _node;
    private readonly ISandboxes _sandboxes;
    private readonly KubeResource<Pod> _pods;
    private readonly Informer<Pod> _informer;
    private readonly EventRecorder _events;
    private readonly TimeProvider _time;
    private readonly KeyedWork _work;

    public NodeKubelet(LabNode node, ISandboxes sandboxes, KubeClient client, Informer<Pod> informer, EventRecorder events, ILogger logger)
    {
        _node = node;
        _sandboxes = sandboxes;
        _pods = client.Resource(ResourceTypes.Pods);
        _informer = informer;
        _events = events;
        _time = client.Options.Time;

        // Ending a container may take its whole grace period, and the others must not wait for it.
        _work = new KeyedWork(logger, _time, workers: 16);
    }

    /// <summary>Works until cancelled.</summary>
    /// <param name="relisted">Told what runs on the node, each time it was asked: see <see cref="SandboxRelist"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(SandboxRelist relisted, CancellationToken cancellationToken)
    {
        // What is cached is complete before anything that runs is taken for left over.
        await _informer.WaitForSyncAsync(cancellationToken);
        _informer.Subscribe(change =>
        {
            if (change.New?.Spec?.NodeName == _node.Name || change.Old?.Spec?.NodeName == _node.Name)
                _work.Add(ResourceTypes.Pods.KeyOf(change.Current));
        });
        await Task.WhenAll(
            relisted.RunAsync(_work.Add, cancellationToken),
            _work.RunAsync(SyncAsync, cancellationToken));
    }

    private async Task<TimeSpan?> SyncAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var pod = _informer.Get(key) is { } known && known.Spec?.NodeName == _node.Name ? known : null;
        while (true)
        {
            var all = (await _sandboxes.ListAsync(cancellationToken)).Where(each => each.Pod.Key == key).ToArray();
            foreach (var orphan in all.Where(each => each.Pod.Uid != pod?.Metadata.Uid))
                await RemoveAsync(orphan.Id, cancellationToken);
            if (pod is null)
                return null;

            var facts = new PodFacts
            {
                Pod = pod,
                Sandboxes = [.. all.Where(each => each.Pod.Uid == pod.Metadata.Uid)],
                HostAddress = _node.Address,
                Now = _time.GetUtcNow(),
            };
            pod = await ReportAsync(pod, PodReport.Of(facts), cancellationToken);
            facts = facts with { Pod = pod };
            switch (PodDecision.Decide(facts))
            {
                case PodStep.Rest rest:
                    return rest.Again;
                case PodStep.DeletePod:
                    await _pods.DeleteAsync(key, new DeleteOptions { Uid = pod.Metadata.Uid, GracePeriodSeconds = 0 }, cancellationToken);
                    return null;
                case var step:
                    await CarryOutAsync(step, facts, cancellationToken);
                    break;
            }
        }
    }

    private async Task<Pod> ReportAsync(Pod pod, PodStatus status, CancellationToken cancellationToken) =>
        JsonSame.AsJson(pod.Status, status, ResourceJson.Default.PodStatus)
            ? pod
            : await _pods.UpdateStatusAsync(pod with { Status = status }, cancellationToken);

    private async Task CarryOutAsync(PodStep step, PodFacts facts, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case PodStep.RunSandbox run:
                await RunSandboxAsync(facts.Pod, run.Attempt, cancellationToken);
                break;
            case PodStep.StopSandbox stop:
                await _sandboxes.StopAsync(stop.Id, cancellationToken);
                break;
            case PodStep.RemoveSandbox remove:
                await RemoveAsync(remove.Id, cancellationToken);
                break;
            case PodStep.StartContainer start:
                await StartContainerAsync(facts, start, cancellationToken);
                break;
            case PodStep.StopContainers stop:
                foreach (var (_, name) in stop.Containers)
                    _events.Normal(facts.Pod, "Killing", $"Stopping container {name}");
                await Task.WhenAll(stop.Containers.Select(each => _sandboxes.StopContainerAsync(each.Id, stop.Grace, cancellationToken)));
                break;
            case PodStep.RemoveContainer remove:
                await _sandboxes.RemoveContainerAsync(remove.Id, cancellationToken);
                break;
        }
    }

    private async Task RemoveAsync(string sandboxId, CancellationToken cancellationToken)
    {
        // The runtime refuses to remove a sandbox whose network it has not taken down.
        await _sandboxes.StopAsync(sandboxId, cancellationToken);
        await _sandboxes.RemoveAsync(sandboxId, cancellationToken);
    }

    private async Task RunSandboxAsync(Pod pod, int attempt, CancellationToken cancellationToken)
    {
        try
        {
            await _sandboxes.RunAsync(WishFor(pod, attempt), cancellationToken);
        }
        catch (SandboxException e)
        {
            _events.Warning(pod, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {e.Message}");
            throw;
        }
        foreach (var (reason, message) in PodLimits.Of(pod))
            _events.Normal(pod, reason, message);
    }

    private static SandboxWish WishFor(Pod pod, int attempt) => new()
    {
        Pod = new PodIdentity(pod.Metadata.Namespace ?? "default", pod.Metadata.Name!, pod.Metadata.Uid!),
        Attempt = attempt,
        Hostname = pod.Spec?.Hostname ?? pod.Metadata.Name!,
        HostNetwork = pod.Spec?.HostNetwork == true,
        HostPorts = [.. (pod.Spec?.Containers ?? []).SelectMany(container => container.Ports ?? []).Where(port => port.HostPort > 0)],
        Labels = pod.Metadata.Labels ?? [],
        Annotations = pod.Metadata.Annotations ?? [],
    };

    private async Task StartContainerAsync(PodFacts facts, PodStep.StartContainer start, CancellationToken cancellationToken)
    {
        var wish = ContainerCommand.Wish(facts.Pod, start.Container, start.Attempt, facts.Current!, _node.Address);
        try
        {
            await _sandboxes.StartContainerAsync(start.SandboxId, WishFor(facts.Pod, facts.Current!.Attempt), wish, cancellationToken);
        }
        catch (SandboxException e)
        {
            _events.Warning(facts.Pod, "Failed", $"Error: {e.Message}");
            throw;
        }
        _events.Normal(facts.Pod, "Started", $"Started container {start.Container.Name}");
    }
}
