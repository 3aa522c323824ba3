namespace Fabric.Server.Sharing;

/// <summary>
/// Rendezvous hashing: every replica finds the same owner of a key without asking, and when a member comes or goes only the keys move
/// that it gets or had.
/// </summary>
/// <remarks>
/// D. G. Thaler, C. V. Ravishankar, "Using name-based mappings to increase hit rates" (1998). All replicas must compute the same: the
/// hash is part of what they agree on, and is not to be changed.
/// </remarks>
internal static class Rendezvous
{
    /// <summary>The member with the highest score for the key; null when there are none.</summary>
    internal static string? OwnerOf(IReadOnlyList<string> members, string key)
    {
        string? owner = null;
        var highest = 0ul;
        foreach (var member in members)
        {
            var score = Score(member, key);
            if (owner is null || score > highest || (score == highest && string.CompareOrdinal(member, owner) > 0))
            {
                (owner, highest) = (member, score);
            }
        }

        return owner;
    }

    private static ulong Score(string member, string key) => Mix(Hash(Hash(0xcbf29ce484222325, member) ^ 0xff, key));

    /// <summary>FNV-1a over the UTF-16 units.</summary>
    private static ulong Hash(ulong hash, string text)
    {
        foreach (var unit in text)
        {
            hash = (hash ^ unit) * 0x100000001b3;
        }

        return hash;
    }

    /// <summary>The finalizer of SplitMix64: FNV alone leaves the high bits, which decide here, too alike.</summary>
    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
        hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
        return hash ^ (hash >> 31);
    }
}
