using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.StaticIPs;

/// <summary>What a selector may say, as a cluster's API holds its own kinds to it.</summary>
internal static class SelectorRules
{
    /// <summary>The requirements that cannot be meant so, each a <see cref="SelectorUnusable"/>. Empty when there are none.</summary>
    /// <param name="selector">The selector.</param>
    /// <param name="field">Its path.</param>
    public static IEnumerable<Refusal> Validate(LabelSelector selector, string field)
    {
        for (var i = 0; i < selector.MatchExpressions.Count; i++)
        {
            var requirement = selector.MatchExpressions[i];
            if (requirement.Operator is LabelOperator.In or LabelOperator.NotIn ? requirement.Values.IsEmpty : !requirement.Values.IsEmpty)
                yield return new SelectorUnusable(requirement.Key, requirement.Operator) { Field = $"{field}.matchExpressions[{i}].values" };
        }
    }
}
