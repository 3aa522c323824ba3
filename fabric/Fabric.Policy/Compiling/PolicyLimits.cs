using Fabric.Policy.Model;
using Fabric.Policy.Validating;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Compiling;

/// <summary>How much of a policy is put in force: every node of its Nics holds all of it.</summary>
public static class PolicyLimits
{
    /// <summary>The most rules in one direction.</summary>
    public const int MostRules = 1000;

    /// <summary>The most that the rules of one direction compare with in sum: blocks of addresses, groups of Nics, ports.</summary>
    public const int MostTerms = 20_000;

    /// <summary>What is too much in one direction of a policy, or null.</summary>
    /// <param name="rules">Its rules, without its default.</param>
    /// <param name="field">Where they stand.</param>
    internal static PolicyTooLarge? Check(IReadOnlyList<PolicyRule> rules, string field) =>
        rules.Count > MostRules ? new($"{rules.Count} rules are more than {MostRules}: say several addresses, ports and peers in one rule, or make several objects.") { Field = field }
        : rules.Sum(TermsOf) is > MostTerms and var terms ? new(
            $"the rules compare with up to {terms} blocks of addresses, peers and ports, an exception with one block for each bit that it is longer by, "
            + $"and {MostTerms} are the most: say fewer and larger ones, or make several objects.") { Field = field }
        : null;

    /// <summary>
    /// What is in force of the rules of one direction. Of too many the denials are, and then of the allowances, in their order, those
    /// for which there is room. If the denials alone are too many, the rest of them are one denial of everything: what is left out never opens
    /// what was to be closed.
    /// </summary>
    internal static IEnumerable<PolicyRule> Bound(IReadOnlyList<PolicyRule> rules)
    {
        if (Check(rules, "") is null)
        {
            return rules;
        }

        var kept = new List<PolicyRule>();
        var terms = 0L;
        PolicyRule? left = null;
        foreach (var rule in rules.OrderBy(rule => rule.Action == SecurityAction.Allow))
        {
            if (kept.Count < MostRules && terms + TermsOf(rule) <= MostTerms)
            {
                kept.Add(rule);
                terms += TermsOf(rule);
            }
            else if (rule.Action != SecurityAction.Allow && !(left?.Rank >= rule.Rank))
            {
                left = rule;
            }
        }

        return left is null ? kept : [.. kept, left with { Family = IpFamily.None, PeersOrAll = null, TrafficOrAll = null }];
    }

    // Not counted out: that there are at most so many is enough, and costs nothing.
    private static long TermsOf(PolicyRule rule) => (rule.TrafficOrAll?.Count ?? 0) + rule.Peers.Sum(peer =>
        1L + (peer is PolicyPeer.Addresses addresses ? addresses.Except.Sum(except => (long)Math.Max(0, except.Length - addresses.Prefix.Length)) : 0));
}
