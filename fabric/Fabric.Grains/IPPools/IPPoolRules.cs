using Fabric.Grains.StaticIPs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.IPPools;

/// <summary>What an IPPool may say, and whom it is for: pure, asked at admission and by the grains.</summary>
public static class IPPoolRules
{
    /// <summary>What is wrong with the pool by itself, in its Subnet and beside others. Empty when nothing is.</summary>
    /// <param name="pool">The pool to be.</param>
    /// <param name="subnet">Its Subnet, or null when there is none: it may come.</param>
    /// <param name="others">The pools that come before it; itself among them is skipped.</param>
    /// <returns><see cref="IPPoolEmpty"/>, <see cref="SelectorEmpty"/>, <see cref="PoolRangeOutsideSubnet"/>, <see cref="IPPoolOverlap"/>, each with its field.</returns>
    public static IReadOnlyList<Refusal> Validate(IPPool pool, Subnet? subnet, IEnumerable<IPPool> others)
    {
        var refusals = new List<Refusal>();
        var ranges = pool.Spec.Ranges;
        if (ranges.IsEmpty)
            refusals.Add(new IPPoolEmpty() { Field = "spec.ranges" });
        if (pool.Spec.Selector is { IsEmpty: true })
            refusals.Add(new SelectorEmpty() { Field = "spec.selector" });
        else if (pool.Spec.Selector is { } selector)
            refusals.AddRange(SelectorRules.Validate(selector, "spec.selector"));
        var same = others.Where(other => other.Spec.Subnet == pool.Spec.Subnet && other.Metadata.Name != pool.Metadata.Name && !other.Metadata.IsDeleting).ToArray();
        for (var i = 0; i < ranges.Count; i++)
        {
            var range = ranges[i];
            var field = $"spec.ranges[{i}]";
            if (subnet is not null && subnet.Spec.RangeOf(range.Family)?.Cidr.Range.Contains(range) != true)
                refusals.Add(new PoolRangeOutsideSubnet(range, subnet.Metadata.Name!, [.. subnet.Spec.Ranges.Select(each => each.Cidr)]) { Field = field });
            else if (ranges.Take(i).Any(range.Overlaps))
                refusals.Add(new IPPoolOverlap(range, pool.Metadata.Name!, ranges.First(range.Overlaps)) { Field = field });
            else if (same.FirstOrDefault(other => other.Spec.Ranges.Any(range.Overlaps)) is { } other)
                refusals.Add(new IPPoolOverlap(range, other.Metadata.Name!, other.Spec.Ranges.First(range.Overlaps)) { Field = field });
        }
        return refusals;
    }

    /// <summary>Whether a Nic that names no pool takes its addresses from this one. One for which nobody is named is only for those who name it.</summary>
    public static bool IsFor(IPPool pool, Nic nic) =>
        (!pool.Spec.Namespaces.IsEmpty || pool.Spec.Selector is not null) && MayUse(pool, nic.Metadata.Namespace!)
        && pool.Spec.Selector?.Matches(nic.Metadata.Labels) != false;

    /// <summary>Whether a namespace's workloads may name the pool.</summary>
    public static bool MayUse(IPPool pool, string ns) => pool.Spec.Namespaces.IsEmpty || pool.Spec.Namespaces.Contains(ns);
}
