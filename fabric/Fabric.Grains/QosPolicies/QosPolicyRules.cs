using Fabric.Grains.Nics;
using Fabric.Grains.StaticIPs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.QosPolicies;

/// <summary>What a QosPolicy may say: pure, asked at admission and by the grains.</summary>
public static class QosPolicyRules
{
    /// <summary>What is wrong with the policy. Empty when nothing is.</summary>
    /// <returns><see cref="QosPolicyEmpty"/>, <see cref="QosLimitUnusable"/>, <see cref="SelectorEmpty"/> or <see cref="SelectorUnusable"/>, each with its field.</returns>
    public static IReadOnlyList<Refusal> Validate(QosPolicy policy)
    {
        var refusals = new List<Refusal>();
        if (policy.Spec is { Ingress: null, Egress: null, Priority: null, Dscp: null })
            refusals.Add(new QosPolicyEmpty() { Field = "spec" });
        refusals.AddRange(Validate(policy.Spec.Ingress, "spec.ingress"));
        refusals.AddRange(Validate(policy.Spec.Egress, "spec.egress"));
        if (policy.Spec.Selector is { IsEmpty: true })
            refusals.Add(new SelectorEmpty() { Field = "spec.selector" });
        else if (policy.Spec.Selector is { } selector)
            refusals.AddRange(SelectorRules.Validate(selector, "spec.selector"));
        return refusals;
    }

    /// <summary>What is right and comes to nothing, each with its field.</summary>
    public static IEnumerable<string> Warnings(QosPolicy policy)
    {
        foreach (var (limit, field) in new[] { (policy.Spec.Ingress, "spec.ingress"), (policy.Spec.Egress, "spec.egress") })
        {
            if (limit is { Burst: not null } && !(limit.Peak > limit.Average))
                yield return $"{field}.burst: it says nothing without a peak above the average: give {field}.peak, or leave it out";
        }
    }

    /// <summary>What is wrong with a limit. Empty when nothing is.</summary>
    /// <param name="limit">The limit, or null for none.</param>
    /// <param name="field">Its path.</param>
    public static IEnumerable<Refusal> Validate(QosLimit? limit, string field)
    {
        if (limit is null)
            yield break;
        if (limit.Average.BitsPerSecond < QosLimit.LeastRate)
            yield return new QosLimitUnusable($"{limit.Average} bit/s is too little: give at least 1k, such as 100M for 100 Mbit/s.") { Field = field + ".average" };
        else if (limit.Average.BitsPerSecond > QosLimit.MostRate)
            yield return new QosLimitUnusable($"{limit.Average} bit/s is faster than any link: give at most 1T, or leave the limit out.") { Field = field + ".average" };
        if (limit.Peak is { } peak && peak < limit.Average)
            yield return new QosLimitUnusable($"{peak} bit/s is less than the average of {limit.Average} bit/s: give at least that, or leave it out.") { Field = field + ".peak" };
        else if (limit.Peak is { BitsPerSecond: > QosLimit.MostRate } && limit.Average.BitsPerSecond <= QosLimit.MostRate)
            yield return new QosLimitUnusable($"{limit.Peak} bit/s is faster than any link: give at most 1T, or leave it out.") { Field = field + ".peak" };
        if (limit.Burst is { Bytes: < QosLimit.LeastBurst } burst)
            yield return new QosLimitUnusable($"{burst} bytes is less than a packet: give at least 1500, such as 256Ki, or leave it out.") { Field = field + ".burst" };
        else if (limit.Burst is { Bytes: > QosLimit.MostBurst } deep)
            yield return new QosLimitUnusable($"{deep} bytes is more than can be counted: give less than 4Gi, or leave it out.") { Field = field + ".burst" };
    }

    /// <summary>Whether a policy that a Nic or its Subnet names is in force.</summary>
    public static Condition BoundCondition(string name, QosPolicy? policy) => policy switch
    {
        null => new Condition
        {
            Type = NicConditions.QosBound, Status = "False", Reason = "QosPolicyNotFound",
            Message = $"QosPolicy {name} does not exist: nothing is limited. Create it, or name another one.",
        },
        _ when Validate(policy) is [var wrong, ..] => new Condition
        {
            Type = NicConditions.QosBound, Status = "False", Reason = wrong.Reason, Message = $"QosPolicy {name} cannot be used: {wrong}",
        },
        _ => new Condition { Type = NicConditions.QosBound, Status = "True", Reason = "Bound", Message = $"QosPolicy {name} is the one that counts." },
    };

    /// <summary>Whether the policy of the sum of a Subnet's Nics is in force.</summary>
    public static Condition SumCondition(string name, QosPolicy? policy) => BoundCondition(name, policy) switch
    {
        { IsTrue: false } wrong => wrong with { Message = $"The sum of the Subnet's Nics is not limited: {wrong.Message}" },
        var right when policy!.Spec is { Ingress: null, Egress: null } => right with
        {
            Status = "False", Reason = "SumUnlimited", Message = $"The sum of the Subnet's Nics is not limited: QosPolicy {name} has neither ingress nor egress, and the rest is for single Nics.",
        },
        var right => right with { Message = $"QosPolicy {name} holds the sum of the Subnet's Nics on the node." },
    };
}

/// <summary>A policy limits nothing.</summary>
public sealed record QosPolicyEmpty : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(QosPolicyEmpty);

    /// <inheritdoc/>
    public override string Message => "It says nothing. Give ingress, egress, priority or dscp.";
}

/// <summary>A limit cannot be.</summary>
/// <param name="Problem">What is wrong and what to do.</param>
public sealed record QosLimitUnusable(string Problem) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(QosLimitUnusable);

    /// <inheritdoc/>
    public override string Message => Problem;
}
