using Fabric.Policy.Model;
using Fabric.Resources;

namespace Fabric.Policy.Compiling;

/// <summary>What a policy says of connections that no rule of it matches.</summary>
internal static class DefaultRules
{
    internal static PolicyRule Deny(PolicyDirection direction, SecurityTier tier) => new()
    {
        Part = PartOf(direction), Direction = direction, Rank = RuleOrder.DefaultOf(tier), Action = SecurityAction.Deny, IsDefault = true,
    };

    /// <summary>
    /// It passes, as without any policy. That is said because what is not tracked in one direction has no answers in the other, where
    /// everything may be denied.
    /// </summary>
    internal static PolicyRule Pass(PolicyDirection direction) => new()
    {
        Part = PartOf(direction), Direction = direction, Rank = RuleOrder.Tracked, Action = SecurityAction.Allow, IsDefault = true,
    };

    private static string PartOf(PolicyDirection direction) => direction == PolicyDirection.Ingress ? "ingress default" : "egress default";
}
