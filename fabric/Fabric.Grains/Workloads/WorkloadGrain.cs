using Fabric.Grains.Events;
using Fabric.Grains.Nics;
using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Grains.Workloads;

/// <inheritdoc cref="IWorkloadGrain"/>
public sealed class WorkloadGrain(GrainContext context, IEventSink events, SubnetLister subnets) : Grain(context), IWorkloadGrain
{
    /// <summary>A write met a newer object than was observed: the news is on its way.</summary>
    private static readonly TimeSpan SoonAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>A Subnet or an annotation that is missing may come; whoever watches them asks at once, this is for what is missed.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private EquatableArray<Refusal> _said;

    /// <inheritdoc/>
    public async Task<TimeSpan?> ReconcileAsync(Workload? observed, EquatableArray<Nic> nics, CancellationToken cancellationToken)
    {
        var decision = WorkloadDecision.Decide(observed, nics);
        var refusals = decision.Refusals.ToList();
        var outdated = false;
        foreach (var nic in decision.Delete)
        {
            var outcome = await Context.Store.DeleteAsync(ResourceTypes.Nics, ResourceTypes.Nics.KeyOf(nic), nic.Metadata.Uid!, cancellationToken);
            outdated |= outcome == WriteOutcome.Conflict;
        }
        foreach (var nic in decision.Update)
        {
            if (await CheckAsync(nic, cancellationToken) is { } refusal)
                refusals.Add(refusal);
            else
                outdated |= (await Context.Store.UpdateAsync(ResourceTypes.Nics, nic, cancellationToken)).Outcome != WriteOutcome.Done;
        }
        foreach (var nic in decision.Create)
        {
            var placed = await PlaceAsync(nic, cancellationToken);
            if (!placed.TryGet(out var whole, out var refusal) || (refusal = await CheckAsync(whole, cancellationToken)) is not null)
                refusals.Add(refusal);
            else
                outdated |= (await Context.Store.CreateAsync(ResourceTypes.Nics, whole, cancellationToken)).Outcome != WriteOutcome.Done;
        }
        Say(observed, [.. refusals.Concat(decision.Notices).Distinct()]);
        // All that it remembers.
        if (_said.IsEmpty)
            Context.DeactivateOnIdle();
        return outdated ? SoonAgain : refusals.Count > 0 ? LookAgain : null;
    }

    /// <summary>The Nic in the Subnet that its workload names, or in the one that is chosen for it.</summary>
    private async Task<Outcome<Nic>> PlaceAsync(Nic nic, CancellationToken cancellationToken)
    {
        if (nic.Spec.Subnet.Length > 0)
            return nic;
        var ns = nic.Metadata.Namespace!;
        var space = await Context.Store.FindAsync(ResourceTypes.Namespaces, new ObjectKey(ns), cancellationToken);
        var annotation = space?.Metadata.Annotation(FabricApi.SubnetAnnotation);
        // Not as last seen: a Subnet applied just before the workload counts, and the choice cannot be changed later.
        var candidates = string.IsNullOrWhiteSpace(annotation) ? await subnets.ListAsync(cancellationToken) : [];
        return SubnetChoice.For(ns, annotation, candidates).TryGet(out var choice, out var refusal) ? NicWish.In(nic, choice) : refusal;
    }

    /// <summary>
    /// What is wrong with the wish for a Nic. The embedded API would refuse to store it, and a cluster's would not: here it is
    /// said at the workload in both.
    /// </summary>
    private async Task<Refusal?> CheckAsync(Nic nic, CancellationToken cancellationToken)
    {
        if (nic.Spec.Addresses.IsEmpty)
            return null;
        var subnet = await Context.Store.FindAsync(ResourceTypes.Subnets, new ObjectKey(nic.Spec.Subnet), cancellationToken);
        var source = nic.Spec.Sources.FirstOrDefault(each => each.Field == WishField.Addresses)?.Source ?? "spec.addresses";
        return NicRules.Validate(nic, subnet) is [var refusal, ..] ? refusal with { Field = $"interface {nic.Spec.Interface}: {source}" } : null;
    }

    /// <summary>Says each refusal once, not at every look.</summary>
    private void Say(Workload? workload, EquatableArray<Refusal> refusals)
    {
        if (workload is not null)
        {
            foreach (var refusal in refusals.Except(_said))
                events.Warning(ReferenceTo(workload), refusal.Reason, refusal.ToString());
        }
        _said = refusals;
    }

    private static ObjectReference ReferenceTo(Workload workload) => new()
    {
        ApiVersion = workload.ApiVersion,
        Kind = workload.Kind.ToString(),
        Namespace = workload.Namespace,
        Name = workload.Name,
        Uid = workload.Uid,
    };
}
