using Fabric.Grains.Nics;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.QosPolicies;

/// <summary>
/// What a Nic is held to. One policy counts: the one that the Nic names, or else the first by name that selects it, or else its Subnet's.
/// A limit that the workload asks for itself goes before the policy's in its direction, the more specific before the less.
/// </summary>
/// <param name="Policy">The name of the policy that counts, whether or not it exists; null for none.</param>
/// <param name="Limits">What the Nic is held to; null for nothing.</param>
/// <param name="Bound">Whether the policy is in force, and what of the limits is not as they say; null when there is nothing to say.</param>
public sealed record QosDecision(string? Policy, NicQos? Limits, Condition? Bound)
{
    private const string BurstBelowFrame = "BurstBelowFrame";

    /// <summary>Decides it.</summary>
    /// <param name="nic">The Nic.</param>
    /// <param name="subnet">Its Subnet.</param>
    /// <param name="mtu">Of that.</param>
    /// <param name="policies">All that there are, as last seen.</param>
    public static QosDecision For(Nic nic, Subnet subnet, Mtu mtu, IReadOnlyCollection<QosPolicy> policies)
    {
        var (name, by) = Choose(nic, subnet, policies);
        var policy = policies.FirstOrDefault(each => each.Metadata.Name == name);
        var inForce = policy is not null && QosPolicyRules.Validate(policy).Count == 0 ? policy.Spec : null;
        var sources = new List<WishSource>();
        var limits = new NicQos
        {
            Ingress = Take(WishField.Ingress, nic.Spec.Ingress, inForce?.Ingress),
            Egress = Take(WishField.Egress, nic.Spec.Egress, inForce?.Egress),
            Dscp = inForce?.Dscp,
            Priority = inForce?.Priority,
        };
        if (limits.Dscp is not null)
            sources.Add(Of("dscp", $"{nameof(QosPolicy)} {name} {by}"));
        if (limits.Priority is not null)
            sources.Add(Of("priority", $"{nameof(QosPolicy)} {name} {by}"));
        var sum = subnet.Spec.SumQosPolicy;
        var sumPolicy = policies.FirstOrDefault(each => each.Metadata.Name == sum);
        if (sumPolicy is { Spec: { Ingress: not null } or { Egress: not null } } && QosPolicyRules.Validate(sumPolicy).Count == 0)
        {
            limits = limits with { Sum = new SubnetSum { Subnet = subnet.Metadata.Name!, Ingress = sumPolicy.Spec.Ingress, Egress = sumPolicy.Spec.Egress } };
            sources.Add(Of("sum", $"{nameof(QosPolicy)} {sum}, of the sum of Subnet {subnet.Metadata.Name} on the node"));
        }

        return new QosDecision(name, sources.Count == 0 ? null : limits with { Sources = [.. sources] }, WithBursts(InForce(name, policy, sum, sumPolicy), limits, mtu));

        QosLimit? Take(string field, QosLimit? own, QosLimit? policys)
        {
            if (own is not null)
                sources.Add(Of(field, nic.Spec.Sources.FirstOrDefault(source => source.Field == field)?.Source ?? $"spec.{field}"));
            else if (policys is not null)
                sources.Add(Of(field, $"{nameof(QosPolicy)} {name} {by}"));
            return own ?? policys;
        }
    }

    /// <summary>Whether a policy selects the Nic. One that selects nobody is only for those who name it.</summary>
    public static bool Selects(QosPolicySpec policy, Nic nic) =>
        (!policy.Namespaces.IsEmpty || policy.Selector is not null)
        && (policy.Namespaces.IsEmpty || policy.Namespaces.Contains(nic.Metadata.Namespace!))
        && policy.Selector?.Matches(nic.Metadata.Labels) != false;

    /// <summary>What is not in force goes first.</summary>
    private static Condition? InForce(string? name, QosPolicy? policy, string? sum, QosPolicy? sumPolicy)
    {
        var own = name is null ? null : QosPolicyRules.BoundCondition(name, policy);
        var together = sum is null ? null : QosPolicyRules.SumCondition(sum, sumPolicy);
        return own is null || own.IsTrue && together is { IsTrue: false } ? together : own;
    }

    /// <summary>Says of bursts that are less than a frame what the nodes do with them: what a policy may say does not depend on whose it is.</summary>
    private static Condition? WithBursts(Condition? bound, NicQos limits, Mtu mtu)
    {
        (string Field, QosLimit? Limit)[] all =
            [("ingress", limits.Ingress), ("egress", limits.Egress), ("ingress of the sum", limits.Sum?.Ingress), ("egress of the sum", limits.Sum?.Egress)];
        var said = string.Join(
            ' ',
            from each in all
            where each.Limit is { Burst: { } burst } limit && limit.Peak > limit.Average && burst.Bytes < mtu.FrameBytes
            select $"{each.Field}: a burst of {each.Limit!.Burst!.Value.Bytes} bytes is less than a frame of {mtu.FrameBytes}: it is taken for one.");
        return said.Length == 0 ? bound
            : bound is null ? new Condition { Type = NicConditions.QosBound, Status = "True", Reason = BurstBelowFrame, Message = said }
            : bound with { Reason = bound.IsTrue ? BurstBelowFrame : bound.Reason, Message = $"{bound.Message} {said}" };
    }

    private static (string? Name, string By) Choose(Nic nic, Subnet subnet, IReadOnlyCollection<QosPolicy> policies) =>
        nic.Spec.QosPolicy is { } own ? (own, "named by the Nic")
        : policies.Where(policy => !policy.Metadata.IsDeleting && Selects(policy.Spec, nic)).MinBy(policy => policy.Metadata.Name, StringComparer.Ordinal) is { } selecting
            ? (selecting.Metadata.Name, "by its selector")
        : (subnet.Spec.QosPolicy, $"of Subnet {subnet.Metadata.Name}");

    private static WishSource Of(string field, string source) => new() { Field = field, Source = source };
}
