using Fabric.Kube;
using Fabric.Kube.Events;
using Fabric.Kube.Informers;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Guests;
using Lab.Cluster.Reconciling;
using Microsoft.Extensions.Logging;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Gives instances their launchers and guests, watches both, and takes them away again.</summary>
/// <remarks>Keeps nothing: pods are found by their labels, guests by their launcher's uid, so it may be ended at any instant.</remarks>
internal sealed class InstanceController
{
    private readonly KubeResource<VirtualMachineInstance> _instances;
    private readonly KubeResource<Pod> _pods;
    private readonly Informer<VirtualMachineInstance> _informer;
    private readonly Informer<Pod> _podInformer;
    private readonly Informer<VirtualMachineInstanceMigration> _migrations;
    private readonly IGuests _guests;
    private readonly GuestStarter _starter;
    private readonly EventRecorder _events;
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly KeyedWork _work;

    public InstanceController(KubeClient client, ClusterCache cache, IGuests guests, GuestStarter starter, EventRecorder events, TimeSpan guestDeadline, ILogger logger)
    {
        _instances = client.Resource(KubeVirtTypes.Instances);
        _pods = client.Resource(ResourceTypes.Pods);
        (_informer, _podInformer, _migrations) = (cache.Instances, cache.Pods, cache.Migrations);
        (_guests, _starter, _events, _deadline) = (guests, starter, events, guestDeadline);
        _time = client.Options.Time;
        _work = new KeyedWork(logger, _time, workers: 8);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_informer.WaitForSyncAsync(cancellationToken), _podInformer.WaitForSyncAsync(cancellationToken), _migrations.WaitForSyncAsync(cancellationToken));
        _informer.Subscribe(change => _work.Add(KubeVirtTypes.Instances.KeyOf(change.Current)));
        _podInformer.Subscribe(change =>
        {
            if (LauncherPod.Identify(change.Current) is { } vm)
                _work.Add(new ObjectKey(vm.Namespace, vm.Name));
        });
        _migrations.Subscribe(change => _work.Add(new ObjectKey(change.Current.Metadata.Namespace, change.Current.Spec.VmiName ?? "")));
        using var guests = _guests.Subscribe(_work.Add);
        // Also those whose instance went while nobody watched.
        foreach (var guest in await _guests.ListAsync(cancellationToken))
            _work.Add(guest.Key);
        await _work.RunAsync(SyncAsync, cancellationToken);
    }

    private async Task<TimeSpan?> SyncAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var instance = _informer.Get(key);
        var guests = (await _guests.ListAsync(cancellationToken)).Where(each => each.Key == key).ToArray();
        var hopeful = _migrations.List().Where(each => each.Status?.Phase != "Failed").Select(each => each.Metadata.Uid!).ToHashSet(StringComparer.Ordinal);
        var launchers = instance is null ? null : InstanceLaunchers.Of(instance, _podInformer.List(), hopeful);
        var living = new[] { launchers?.Home?.Metadata.Uid, launchers?.Target?.Metadata.Uid };
        foreach (var orphan in guests.Where(each => !living.Contains(each.Uid)))
            await _guests.KillAsync(orphan.Uid, cancellationToken);
        if (instance is null)
            return null;
        await CleanUpAsync(instance, launchers!, cancellationToken);

        var facts = new InstanceFacts
        {
            Instance = instance,
            Launcher = launchers!.Home,
            Target = launchers.Target,
            Guest = guests.FirstOrDefault(each => each.Uid == launchers.Home?.Metadata.Uid),
            Now = _time.GetUtcNow(),
            GuestDeadline = _deadline,
        };
        var status = InstanceReport.Of(facts);
        if (!JsonSame.AsJson(instance.Status, status, KubeVirtJson.Default.VirtualMachineInstanceStatus))
        {
            Tell(instance, status);
            facts = facts with { Instance = await _instances.UpdateAsync(instance with { Status = status }, cancellationToken) };
        }
        return await CarryOutAsync(InstanceDecision.Decide(facts), facts, cancellationToken);
    }

    /// <summary>Has launchers end that the instance has left, or never came to; with the instance they go.</summary>
    private async Task CleanUpAsync(VirtualMachineInstance instance, InstanceLaunchers launchers, CancellationToken cancellationToken)
    {
        foreach (var pod in launchers.Left.Where(pod => !pod.Metadata.IsDeleting))
        {
            var isLeft = instance.Status?.MigrationState is { HasSucceeded: true } migration && migration.SourcePod == pod.Metadata.Name;
            if (!pod.IsFinished && pod.Status?.Phase == "Running")
                await _starter.EndLauncherAsync(pod, isLeft, cancellationToken);
            else if (!pod.IsFinished || instance.Metadata.IsDeleting)
                await _pods.DeleteAsync(ResourceTypes.Pods.KeyOf(pod), new DeleteOptions { Uid = pod.Metadata.Uid }, cancellationToken);
        }
    }

    private async Task<TimeSpan?> CarryOutAsync(InstanceStep step, InstanceFacts facts, CancellationToken cancellationToken)
    {
        var (instance, meta) = (facts.Instance, facts.Instance.Metadata);
        switch (step)
        {
            case InstanceStep.Rest rest:
                return rest.Again;
            case InstanceStep.Fill:
                await _instances.UpdateAsync(InstanceDefaults.Fill(instance), cancellationToken);
                return null;
            case InstanceStep.CreateLauncher:
                await CreateLauncherAsync(instance, cancellationToken);
                return null;
            case InstanceStep.StartGuest:
                await _starter.StartAsync(instance, facts.Launcher!, cancellationToken);
                _events.Normal(instance, "Started", "VirtualMachineInstance started.");
                return TimeSpan.Zero;
            case InstanceStep.PowerDown press:
                await _guests.PowerDownAsync(facts.Guest!.Uid, cancellationToken);
                return press.Again;
            case InstanceStep.KillGuest:
                await _guests.KillAsync(facts.Guest!.Uid, cancellationToken);
                return TimeSpan.Zero;
            case InstanceStep.EndLauncher end:
                return await _starter.EndLauncherAsync(facts.Launcher!, end.Succeeded, cancellationToken);
            case InstanceStep.DeleteLauncher:
                await _pods.DeleteAsync(ResourceTypes.Pods.KeyOf(facts.Launcher!), new DeleteOptions { Uid = facts.Launcher!.Metadata.Uid }, cancellationToken);
                return null;
            case InstanceStep.RemoveFinalizer:
                await _instances.UpdateAsync(instance with { Metadata = meta with { Finalizers = [.. meta.Finalizers!.Value.Where(each => each != InstanceDefaults.Finalizer)] } }, cancellationToken);
                return null;
            default:
                throw new System.Diagnostics.UnreachableException(step.ToString());
        }
    }

    private async Task CreateLauncherAsync(VirtualMachineInstance instance, CancellationToken cancellationToken)
    {
        try
        {
            var pod = await _pods.CreateAsync(LauncherObject.For(instance), cancellationToken);
            _events.Normal(instance, "SuccessfulCreate", $"Created virtual machine pod {pod.Metadata.Name}");
            foreach (var (reason, message) in InstanceLimits.Of(instance.Spec))
                _events.Normal(instance, reason, message);
        }
        catch (KubeException e) when (e.IsAlreadyExists)
        {
            // Made a moment ago and not in the cache yet: the informer brings it.
        }
    }

    private void Tell(VirtualMachineInstance instance, VirtualMachineInstanceStatus status)
    {
        if (status.Conditions.Find("Synchronized") is { Status: StatusConditions.False } refused && instance.Status?.Conditions.Find("Synchronized")?.Message != refused.Message)
            _events.Warning(instance, refused.Reason!, refused.Message!);
        if (status.Conditions.Find("Ready") is { Reason: "GuestNetworkSilent" } silent && instance.Status?.Conditions.Find("Ready")?.Reason != silent.Reason)
            _events.Warning(instance, silent.Reason!, silent.Message!);
        if (status.Phase == instance.Status?.Phase)
            return;
        if (status.Phase == "Failed")
            _events.Warning(instance, "Stopped", $"The VirtualMachineInstance crashed: {status.Reason}");
        else if (status.Phase == "Succeeded")
            _events.Normal(instance, "Stopped", "The VirtualMachineInstance was shut down.");
    }
}
