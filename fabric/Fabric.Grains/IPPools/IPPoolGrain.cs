using Fabric.Grains.Events;
using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.IPPools;

/// <inheritdoc cref="IIPPoolGrain"/>
/// <remarks>It holds nothing: the Subnet's grain reads the pools whenever it is looked at, as it is when one comes, changes or goes.</remarks>
public sealed class IPPoolGrain : Grain, IIPPoolGrain
{
    /// <summary>The end of what holds it up is watched; this only guards against a lost event.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private readonly IEventSink _events;
    private readonly IPersistentState<IPPool> _state;

    /// <summary>A grain that says conflicts to <paramref name="events"/>.</summary>
    public IPPoolGrain(GrainContext context, IEventSink events)
        : base(context)
    {
        _events = events;
        _state = context.State(ResourceTypes.IPPools);
    }

    private string Name => Context.Key.Name;

    /// <inheritdoc/>
    public async Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken)
    {
        await _state.RefreshAsync(cancellationToken);
        if (_state.Value is not { } pool)
            return null;
        if (!(await SubnetGrain(pool).DescribeAsync(cancellationToken)).TryGet(out var subnet, out var refusal))
            return await SayAsync(pool, usage: null, [refusal], cancellationToken);
        var all = await Context.Store.FindAllAsync(ResourceTypes.IPPools, cancellationToken);
        var refusals = IPPoolRules.Validate(pool, subnet, all.Where(other => SubnetRules.IsBefore(other, pool))).ToList();
        var usage = await SubnetGrain(pool).ObservePoolAsync(Name, cancellationToken);
        if (usage is null && refusals.Count == 0)
            refusals.Add(new SubnetNotReady(pool.Spec.Subnet, "see its conditions.") { Field = "spec.subnet" });
        return await SayAsync(pool, usage, refusals, cancellationToken);
    }

    private async Task<TimeSpan?> SayAsync(IPPool pool, IPPoolStatus? usage, List<Refusal> refusals, CancellationToken cancellationToken)
    {
        var ready = refusals.Count > 0
            ? new Condition { Type = Condition.Ready, Status = "False", Reason = refusals[0].Reason, Message = string.Join(" ", refusals) }
            : new Condition { Type = Condition.Ready, Status = "True", Reason = "SetAside", Message = "Its addresses are given to nobody else." };
        var said = pool.Status?.Conditions.Find(Condition.Ready);
        if (!ready.IsTrue && (said?.Reason, said?.Message) != (ready.Reason, ready.Message))
            _events.Warning(pool.ToReference(), ready.Reason!, ready.Message!);
        await _state.WriteStatusAsync(
            pool with
            {
                Status = (usage ?? new IPPoolStatus()) with
                {
                    ObservedGeneration = pool.Metadata.Generation ?? 0,
                    Conditions = (pool.Status?.Conditions ?? []).With(ready with { ObservedGeneration = pool.Metadata.Generation }, Context.Time.GetUtcNow().ToSecond()),
                },
            },
            cancellationToken);
        return ready.IsTrue ? null : LookAgain;
    }

    private ISubnetGrain SubnetGrain(IPPool pool) => Context.Grains.GetGrain<ISubnetGrain>(new ObjectKey(pool.Spec.Subnet));
}
