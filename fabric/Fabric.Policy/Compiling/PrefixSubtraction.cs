using Fabric.Primitives;

namespace Fabric.Policy.Compiling;

/// <summary>A block of addresses without parts of it, as blocks: what OVN matches without a negation for each part.</summary>
public static class PrefixSubtraction
{
    /// <summary>The blocks that are left, in order; as few as there can be, at most one for each bit of each part.</summary>
    /// <param name="prefix">The block.</param>
    /// <param name="parts">What is taken out; what lies outside the block changes nothing.</param>
    public static IReadOnlyList<IpPrefix> Subtract(IpPrefix prefix, IReadOnlyCollection<IpPrefix> parts)
    {
        if (parts.Any(part => part.Contains(prefix)))
        {
            return [];
        }

        var inside = parts.Where(prefix.Contains).ToArray();
        if (inside.Length == 0)
        {
            return [prefix];
        }

        var low = IpPrefix.Create(prefix.Network, prefix.Length + 1);
        var high = IpPrefix.Create(low.Last.Next(), prefix.Length + 1);
        return [.. Subtract(low, inside), .. Subtract(high, inside)];
    }
}
