using Fabric.Policy.Model;
using Fabric.Resources;

namespace Fabric.Policy.Evaluating;

/// <summary>The rule that decided.</summary>
/// <param name="Policy">The object it stands in.</param>
/// <param name="Rule">The rule.</param>
public sealed record DecidingRule(PolicyId Policy, PolicyRule Rule)
{
    /// <summary><c>NetworkPolicy shop/web ingress[0]</c>.</summary>
    public override string ToString() => $"{Policy} {Rule.Part}";
}

/// <summary>What becomes of a connection, at each end.</summary>
/// <param name="Egress">What decides at the sender; null when no policy is for it.</param>
/// <param name="Ingress">What decides at the receiver; null when no policy is for it.</param>
public sealed record Verdict(DecidingRule? Egress, DecidingRule? Ingress)
{
    /// <summary>Whether it passes.</summary>
    public bool IsAllowed => Allows(Egress) && Allows(Ingress);

    /// <summary>The rule by which it is denied, the sender's first; null when it passes.</summary>
    public DecidingRule? DeniedBy => !Allows(Egress) ? Egress : !Allows(Ingress) ? Ingress : null;

    private static bool Allows(DecidingRule? rule) => rule is null or { Rule.Action: SecurityAction.Allow };
}
