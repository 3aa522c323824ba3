using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Policy.Compiling;
using Fabric.Policy.Validating;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.SecurityGroups;

/// <inheritdoc cref="ISecurityGroupGrain"/>
public sealed class SecurityGroupGrain : Grain, ISecurityGroupGrain
{
    // The condition that says whether the group is for anybody.
    private const string Bound = "Bound";

    private const int MostSaid = 8;

    private readonly IPersistentState<SecurityGroup> _state;

    /// <summary>A grain.</summary>
    public SecurityGroupGrain(GrainContext context)
        : base(context) => _state = context.State(ResourceTypes.SecurityGroups);

    /// <inheritdoc/>
    public async Task<TimeSpan?> ReconcileAsync(long nics, long named, CancellationToken cancellationToken)
    {
        await _state.RefreshAsync(cancellationToken);
        if (_state.Value is not { } group)
            return null;
        var isGoing = group.Metadata.IsDeleting;
        if (!isGoing)
            await _state.WriteAsync(group with { Metadata = group.Metadata.WithFinalizer() }, cancellationToken);
        else if (named == 0)
        {
            if (group.Metadata.HasFinalizer(FabricApi.Finalizer))
                await _state.WriteAsync(group with { Metadata = group.Metadata.WithoutFinalizer() }, cancellationToken);
            return null;
        }
        group = _state.Value!;
        var refusals = SecurityGroupRules.Validate(group);
        var status = group.Status ?? new SecurityGroupStatus();
        await _state.WriteStatusAsync(
            group with
            {
                Status = status with
                {
                    ObservedGeneration = group.Metadata.Generation ?? 0,
                    Nics = nics,
                    // Without the two defaults.
                    Rules = SecurityGroupCompiler.Compile(group).Rules.Count - 2,
                    Conditions = With(With(status.Conditions, group, ReadyOf(refusals, SecurityGroupRules.Warn(group), isGoing, named)), group, BoundOf(group, nics)),
                },
            },
            cancellationToken);
        return null;
    }

    // Nics that name it would be open to everybody from one moment to the next.
    private static Condition ReadyOf(IReadOnlyList<Refusal> refusals, IReadOnlyList<string> notices, bool isGoing, long named) =>
        refusals.Count > 0 ? Said(Condition.Ready, "False", refusals[0].Reason, First(refusals) + Left(refusals))
        : isGoing ? Said(Condition.Ready, "False", "InUse", $"It is deleted when no Nic names it any more: {named} do.")
        : Said(Condition.Ready, "True", "InForce", $"Its rules are in force for the Nics that are bound to it.{(notices.Count > 0 ? $" Look at {First([.. notices.Select(each => $"{each}.")])}" : "")}");

    private static string Left(IReadOnlyList<Refusal> refusals) =>
        refusals.Any(refusal => refusal is PolicyTooLarge) ? " Of what is too much, denials are in force, and allowances as far as there is room." : "";

    private static string First<T>(IReadOnlyList<T> said) => string.Join(' ', said.Take(MostSaid)) + (said.Count > MostSaid ? $" And {said.Count - MostSaid} more." : "");

    private static Condition BoundOf(SecurityGroup group, long nics) =>
        nics > 0 ? Said(Bound, "True", "Bound", "Nics are bound to it.")
        : group.Spec.Selector is null ? Said(
            Bound, "False", "SelectsNothing",
            $"It has no selector, and no Nic of namespace {group.Metadata.Namespace} names it: write its name in {FabricApi.SecurityGroupsAnnotation}, or say spec.selector.")
        : Said(
            Bound, "False", "SelectsNothing",
            $"No VM or pod of namespace {group.Metadata.Namespace} has the labels of spec.selector, and none names it: its rules concern nobody.");

    private EquatableArray<Condition> With(EquatableArray<Condition> conditions, SecurityGroup group, Condition condition) =>
        conditions.With(condition with { ObservedGeneration = group.Metadata.Generation }, Context.Time.GetUtcNow().ToSecond());

    private static Condition Said(string type, string status, string reason, string message) =>
        new() { Type = type, Status = status, Reason = reason, Message = message };
}
