using Fabric.Resources;

namespace Fabric.Policy.Model;

/// <summary>
/// Which of several rules that match decides: the one of the highest rank. Ranks are the priorities of OVN's ACLs (ovn-nb(5): 0 to
/// 32767), whose schema of version 7.0.0 has no tiers.
/// </summary>
/// <remarks>
/// Each tier has a band of its own, and between two there is room for another: for AdminNetworkPolicies between the admin's tier and
/// the application's, for BaselineAdminNetworkPolicies between that and the baseline. In a tier the rules come first, by priority
/// and at equal priority denials before allowances, so that it is never left to chance which of two decides; then the defaults.
/// </remarks>
public static class RuleOrder
{
    /// <summary>What always passes, whatever rules say: neighbour discovery and asking for an address.</summary>
    public const int Essential = 32000;

    /// <summary>What no Nic may send unless it is allowed, above all that a policy allows.</summary>
    public const int Guard = 32500;

    /// <summary>A connection that no policy decides passes, and is tracked so that its answers do.</summary>
    public const int Tracked = 1;

    /// <summary>The priority of rules that say none, and of those of NetworkPolicies.</summary>
    public const int UsualPriority = 500;

    private const int LastPriority = 999;
    private const int Kinds = 4;

    /// <summary>The rank of a rule.</summary>
    /// <param name="tier">Its group's tier.</param>
    /// <param name="priority">0 (first) to 999.</param>
    /// <param name="action">What it does.</param>
    public static int Of(SecurityTier tier, int priority, SecurityAction action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(priority, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, LastPriority);
        var within = action switch { SecurityAction.Deny => 3, SecurityAction.Reject => 2, _ => 1 };
        return FirstOf(tier) + ((LastPriority - priority) * Kinds) + within;
    }

    /// <summary>The rank of a tier's denial of what none of its rules matches.</summary>
    public static int DefaultOf(SecurityTier tier) => FirstOf(tier) - 1;

    private static int FirstOf(SecurityTier tier) => tier switch
    {
        SecurityTier.Admin => 22_000,
        SecurityTier.Application => 12_000,
        _ => 2_000,
    };
}
