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

    /// <summary>What is too much of a policy, in either direction.</summary>
    /// <param name="policy">The policy with all its rules.</param>
    internal static IEnumerable<PolicyTooLarge> Check(CompiledPolicy policy)
    {
        foreach (var direction in Enum.GetValues<PolicyDirection>())
        {
            var rules = policy.Rules.Where(rule => rule.Direction == direction && !rule.IsDefault).ToList();
            var problem = rules.Count > MostRules ? $"{rules.Count} rules are more than {MostRules}: say several addresses, ports and peers in one rule, or make several objects."
                : rules.Sum(TermsOf) is > MostTerms and var terms ?
                    $"the rules compare with up to {terms} blocks of addresses, peers and ports, an exception with one block for each bit that it is longer by, "
                    + $"and {MostTerms} are the most: say fewer and larger ones, or make several objects."
                : null;
            if (problem is not null)
            {
                yield return new(problem) { Field = direction == PolicyDirection.Ingress ? "spec.ingress" : "spec.egress" };
            }
        }
    }

    /// <summary>
    /// The policy with those of its rules that are in force. Of too many in a direction the denials are, and then of the allowances, in their
    /// order, those for which there is room. If the denials alone are too many, the rest of them are one denial of everything: what is left
    /// out never opens what was to be closed.
    /// </summary>
    /// <param name="policy">The policy with all its rules.</param>
    internal static CompiledPolicy Within(CompiledPolicy policy) => Check(policy).ToList() is not { Count: > 0 } tooLarge ? policy : policy with
    {
        Rules = [.. policy.Rules.GroupBy(rule => rule.Direction).SelectMany(Fit)],
        TooLarge = [.. policy.TooLarge, .. tooLarge],
    };

    private static IEnumerable<PolicyRule> Fit(IEnumerable<PolicyRule> rules)
    {
        var (count, terms) = (0, 0L);
        PolicyRule? left = null;
        foreach (var rule in rules.OrderBy(rule => !rule.IsDefault).ThenBy(rule => rule.Action == SecurityAction.Allow))
        {
            if (rule.IsDefault)
            {
                yield return rule;
            }
            else if (count < MostRules && terms + TermsOf(rule) <= MostTerms)
            {
                count++;
                terms += TermsOf(rule);
                yield return rule;
            }
            else if (rule.Action != SecurityAction.Allow && !(left?.Rank >= rule.Rank))
            {
                left = rule;
            }
        }

        if (left is not null)
        {
            yield return left with { Family = IpFamily.None, PeersOrAll = null, TrafficOrAll = null };
        }
    }

    // Not counted out: that there are at most so many is enough, and costs nothing.
    private static long TermsOf(PolicyRule rule) => (rule.TrafficOrAll?.Count ?? 0) + rule.Peers.Sum(peer =>
        1L + (peer is PolicyPeer.Addresses addresses ? addresses.Except.Sum(except => (long)Math.Max(0, except.Length - addresses.Prefix.Length)) : 0));
}
