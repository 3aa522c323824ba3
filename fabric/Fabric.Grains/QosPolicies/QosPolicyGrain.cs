using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.QosPolicies;

/// <inheritdoc cref="IQosPolicyGrain"/>
public sealed class QosPolicyGrain : Grain, IQosPolicyGrain
{
    private const int SubnetsListed = 64;

    private readonly IPersistentState<QosPolicy> _state;

    /// <summary>A grain.</summary>
    public QosPolicyGrain(GrainContext context)
        : base(context) => _state = context.State(ResourceTypes.QosPolicies);

    /// <inheritdoc/>
    public async Task<TimeSpan?> ReconcileAsync(long nics, EquatableArray<string> subnets, CancellationToken cancellationToken)
    {
        await _state.RefreshAsync(cancellationToken);
        if (_state.Value is not { } policy)
            return null;
        // VMs would be unlimited from one moment to the next.
        var isUsed = nics > 0 || !subnets.IsEmpty;
        var isGoing = policy.Metadata.IsDeleting;
        if (!isGoing)
            await _state.WriteAsync(policy with { Metadata = policy.Metadata.WithFinalizer() }, cancellationToken);
        else if (!isUsed)
        {
            if (policy.Metadata.HasFinalizer(FabricApi.Finalizer))
                await _state.WriteAsync(policy with { Metadata = policy.Metadata.WithoutFinalizer() }, cancellationToken);
            return null;
        }
        policy = _state.Value!;
        var refusals = QosPolicyRules.Validate(policy);
        var ready = refusals.Count > 0 ? Said("False", refusals[0].Reason, string.Join(" ", refusals))
            : isGoing ? Said("False", "InUse", $"It is deleted when it limits nobody any more: {nics} Nics{(subnets.IsEmpty ? "" : $" and the Subnets {string.Join(", ", subnets)}")} name it.")
            : nics == 0 && policy.Spec is { Selector: not null } or { Namespaces.IsEmpty: false }
                ? Said("True", "SelectsNothing", "It selects no Nic now that names no policy of its own: compare its namespaces and labels with those of kubectl get nics -A --show-labels.")
            : Said("True", "Valid", "It can be named by Nics and Subnets.");
        var status = policy.Status ?? new QosPolicyStatus();
        await _state.WriteStatusAsync(
            policy with
            {
                Status = status with
                {
                    ObservedGeneration = policy.Metadata.Generation ?? 0,
                    Nics = nics,
                    Subnets = [.. subnets.Take(SubnetsListed)],
                    Conditions = status.Conditions.With(ready with { ObservedGeneration = policy.Metadata.Generation }, Context.Time.GetUtcNow().ToSecond()),
                },
            },
            cancellationToken);
        return null;
    }

    private static Condition Said(string status, string reason, string message) =>
        new() { Type = Condition.Ready, Status = status, Reason = reason, Message = message };
}
