using System.Text.Json.Nodes;
using Fabric.Kube;
using Fabric.Kube.Events;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Guests;
using Lab.Cluster.Reconciling;
using Microsoft.Extensions.Logging;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Moves instances while they run, as VirtualMachineInstanceMigrations ask.</summary>
/// <remarks>Keeps nothing: how far a migration is stands in its phase, on the instance and with the guests' machines.</remarks>
internal sealed class MigrationController
{
    private const string NodeLabel = "kubevirt.io/nodeName";
    private const string TargetNodeLabel = "kubevirt.io/migrationTargetNodeName";

    private readonly KubeResource<VirtualMachineInstanceMigration> _migrations;
    private readonly KubeResource<VirtualMachineInstance> _instances;
    private readonly KubeResource<Pod> _pods;
    private readonly ClusterCache _cache;
    private readonly IGuests _guests;
    private readonly GuestStarter _starter;
    private readonly EventRecorder _events;
    private readonly TimeProvider _time;
    private readonly KeyedWork _work;

    public MigrationController(KubeClient client, ClusterCache cache, IGuests guests, GuestStarter starter, EventRecorder events, ILogger logger)
    {
        _migrations = client.Resource(KubeVirtTypes.Migrations);
        _instances = client.Resource(KubeVirtTypes.Instances);
        _pods = client.Resource(ResourceTypes.Pods);
        (_cache, _guests, _starter, _events) = (cache, guests, starter, events);
        _time = client.Options.Time;
        _work = new KeyedWork(logger, _time, workers: 4);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(
            _cache.Migrations.WaitForSyncAsync(cancellationToken), _cache.Instances.WaitForSyncAsync(cancellationToken), _cache.Pods.WaitForSyncAsync(cancellationToken));
        _cache.Migrations.Subscribe(change => AddOf(change.Current.Metadata.Namespace, change.Current.Spec.VmiName));
        _cache.Instances.Subscribe(change => AddOf(change.Current.Metadata.Namespace, change.Current.Metadata.Name));
        _cache.Pods.Subscribe(change =>
        {
            if (LauncherPod.Identify(change.Current) is { } vm)
                AddOf(vm.Namespace, vm.Name);
        });
        await _work.RunAsync(SyncAsync, cancellationToken);
    }

    private void AddOf(string? ns, string? instance)
    {
        foreach (var migration in _cache.Migrations.List().Where(each => each.Metadata.Namespace == ns && each.Spec.VmiName == instance))
            _work.Add(KubeVirtTypes.Migrations.KeyOf(migration));
    }

    private async Task<TimeSpan?> SyncAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_cache.Migrations.Get(key) is not { } migration)
            return null;
        var facts = await ReadAsync(migration, cancellationToken);
        return await CarryOutAsync(MigrationDecision.Decide(facts), facts, cancellationToken);
    }

    private async Task<MigrationFacts> ReadAsync(VirtualMachineInstanceMigration migration, CancellationToken cancellationToken)
    {
        var ns = migration.Metadata.Namespace;
        var instance = _cache.Instances.Get(new ObjectKey(ns, migration.Spec.VmiName ?? ""));
        if (instance is null)
            return new MigrationFacts { Migration = migration, Instance = null };
        var source = _cache.Pods.Get(new ObjectKey(ns, InstanceLaunchers.HomeOf(instance)));
        var target = _cache.Pods.Get(new ObjectKey(ns, LauncherObject.Name(instance, migration)));
        var facts = new MigrationFacts
        {
            Migration = migration,
            Instance = instance,
            Source = source,
            Target = target,
            GuestIsUp = (await _guests.ListAsync(cancellationToken)).Any(each => each.Uid == source?.Metadata.Uid && each.Phase == GuestPhase.Up),
            Before = _cache.Migrations.List().FirstOrDefault(each => each.Metadata.Namespace == ns && each.Spec.VmiName == migration.Spec.VmiName && !each.IsFinished && IsBefore(each, migration))?.Metadata.Name,
        };
        return migration.Status?.Phase == "Running" && HandoverOf(facts) is { } handover
            ? facts with { Progress = await _guests.ReadHandoverAsync(handover, cancellationToken) }
            : facts;
    }

    private static bool IsBefore(VirtualMachineInstanceMigration other, VirtualMachineInstanceMigration migration) =>
        (other.Metadata.CreationTimestamp, other.Metadata.Name).CompareTo((migration.Metadata.CreationTimestamp, migration.Metadata.Name)) < 0;

    private async Task<TimeSpan?> CarryOutAsync(MigrationStep step, MigrationFacts facts, CancellationToken cancellationToken)
    {
        var (migration, meta) = (facts.Migration, facts.Migration.Metadata);
        switch (step)
        {
            case MigrationStep.Rest rest:
                return rest.Again;
            case MigrationStep.AddFinalizer:
                await _migrations.UpdateAsync(migration with { Metadata = meta with { Finalizers = [.. meta.Finalizers ?? [], MigrationDecision.Finalizer] } }, cancellationToken);
                return null;
            case MigrationStep.RemoveFinalizer:
                await _migrations.UpdateAsync(migration with { Metadata = meta with { Finalizers = [.. meta.Finalizers!.Value.Where(each => each != MigrationDecision.Finalizer)] } }, cancellationToken);
                return null;
            case MigrationStep.Move move:
                await MoveAsync(migration, move.Phase, cancellationToken);
                return null;
            case MigrationStep.CreateTarget:
                await CreateTargetAsync(facts, cancellationToken);
                return null;
            case MigrationStep.Announce:
                await AnnounceAsync(facts, cancellationToken);
                return null;
            case MigrationStep.PrepareTarget:
                await _starter.PrepareAsync(facts.Instance!, facts.Target!, facts.Source!, cancellationToken);
                await MutateStateAsync(facts, state => state with { TargetNodeDomainDetected = true }, cancellationToken);
                await MoveAsync(migration, "TargetReady", cancellationToken);
                return null;
            case MigrationStep.Begin:
                await BeginAsync(facts, cancellationToken);
                return TimeSpan.Zero;
            case MigrationStep.Abort:
                await MutateStateAsync(facts, state => state with { AbortRequested = true, AbortStatus = "Aborting" }, cancellationToken);
                await _guests.CancelHandoverAsync(HandoverOf(facts)!, cancellationToken);
                return TimeSpan.FromMilliseconds(50);
            case MigrationStep.Succeed:
                await SucceedAsync(facts, cancellationToken);
                return null;
            case MigrationStep.Fail fail:
                await FailAsync(facts, fail.Why, cancellationToken);
                return null;
            default:
                throw new System.Diagnostics.UnreachableException(step.ToString());
        }
    }

    private async Task BeginAsync(MigrationFacts facts, CancellationToken cancellationToken)
    {
        try
        {
            await _guests.BeginHandoverAsync(HandoverOf(facts)!, cancellationToken);
            _events.Normal(facts.Instance!, "Migrating", $"VirtualMachineInstance is migrating to {facts.Target!.Spec!.NodeName}.");
        }
        catch (GuestException e)
        {
            // One of the two is gone, or will not: another migration may be asked for.
            await FailAsync(facts, e.Message, cancellationToken);
        }
    }

    private Task<VirtualMachineInstanceMigration> MoveAsync(VirtualMachineInstanceMigration migration, string phase, CancellationToken cancellationToken) =>
        _migrations.UpdateStatusAsync(migration with { Status = (migration.Status ?? new VirtualMachineInstanceMigrationStatus()) with { Phase = phase } }, cancellationToken);

    private async Task CreateTargetAsync(MigrationFacts facts, CancellationToken cancellationToken)
    {
        try
        {
            var pod = await _pods.CreateAsync(LauncherObject.TargetFor(facts.Instance!, facts.Migration), cancellationToken);
            _events.Normal(facts.Migration, "SuccessfulCreate", $"Created migration target pod {pod.Metadata.Name}");
        }
        catch (KubeException e) when (e.IsAlreadyExists)
        {
            // Made a moment ago and not in the cache yet: the informer brings it.
        }
    }

    private async Task AnnounceAsync(MigrationFacts facts, CancellationToken cancellationToken)
    {
        var (instance, source, target) = (facts.Instance!, facts.Source!, facts.Target!);
        var state = new MigrationState
        {
            MigrationUid = facts.Uid,
            SourceNode = source.Spec!.NodeName,
            SourcePod = source.Metadata.Name,
            TargetNode = target.Spec!.NodeName,
            TargetPod = target.Metadata.Name,
            StartTimestamp = _time.GetUtcNow(),
            Mode = "PreCopy",
        };
        var labels = (instance.Metadata.Labels ?? []).With(TargetNodeLabel, state.TargetNode!);
        await _instances.UpdateAsync(instance with { Metadata = instance.Metadata with { Labels = labels }, Status = instance.Status! with { MigrationState = state } }, cancellationToken);
    }

    private async Task SucceedAsync(MigrationFacts facts, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var ready = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [KubeVirtApi.MigrationReadyAnnotation] = now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'") } },
        };
        if (facts.Target is { } target)
            await _pods.PatchAsync(ResourceTypes.Pods.KeyOf(target), KubePatch.Merge(ready), cancellationToken);
        await MutateStateAsync(facts, state => state with { Completed = true, EndTimestamp = now, TargetNodeDomainReadyTimestamp = now }, cancellationToken);
        await MoveAsync(facts.Migration, "Succeeded", cancellationToken);
        _events.Normal(facts.Instance!, "Migrated", $"The VirtualMachineInstance migrated to node {facts.Target?.Spec?.NodeName}.");
    }

    private async Task FailAsync(MigrationFacts facts, string why, CancellationToken cancellationToken)
    {
        await MutateStateAsync(
            facts,
            state => state with
            {
                Completed = true, Failed = true, FailureReason = why, EndTimestamp = _time.GetUtcNow(), AbortStatus = state.AbortRequested == true ? "Succeeded" : state.AbortStatus,
            },
            cancellationToken);
        await MoveAsync(facts.Migration, "Failed", cancellationToken);
        _events.Warning(facts.Migration, "MigrationFailed", $"Instance {facts.Migration.Spec.VmiName} stays where it is: {why}");
    }

    /// <summary>Changes what the instance says of this migration; of one that it does not speak of it need not.</summary>
    private async Task MutateStateAsync(MigrationFacts facts, Func<MigrationState, MigrationState> change, CancellationToken cancellationToken)
    {
        if (facts.Instance is not { } seen)
            return;
        await _instances.MutateAsync(
            KubeVirtTypes.Instances.KeyOf(seen),
            instance =>
            {
                if (instance.Metadata.Uid != seen.Metadata.Uid || instance.Status?.MigrationState is not { } state || state.MigrationUid != facts.Uid)
                    return null;
                var changed = change(state);
                // Where it is, its labels and its status say together.
                return changed.HasSucceeded
                    ? instance with
                    {
                        Metadata = instance.Metadata with { Labels = (instance.Metadata.Labels ?? []).Without(TargetNodeLabel).With(NodeLabel, changed.TargetNode!) },
                        Status = instance.Status with { MigrationState = changed, NodeName = changed.TargetNode },
                    }
                    : instance with { Status = instance.Status with { MigrationState = changed } };
            },
            cancellationToken);
    }

    private static Handover? HandoverOf(MigrationFacts facts) =>
        facts is { Source: { Spec.NodeName: { } from, Metadata.Uid: { } source }, Target: { Spec.NodeName: { } to, Metadata.Uid: { } target } } ? new Handover(source, from, target, to) : null;
}
