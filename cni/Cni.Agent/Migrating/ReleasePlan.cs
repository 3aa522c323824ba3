namespace Cni.Agent.Migrating;

/// <summary>Decides which of the frames that were kept for a VM it is to get, when it has come.</summary>
internal static class ReleasePlan
{
    /// <summary>Where what the VM has read is not known: what is older than this it has read most likely, and gets a second time what is newer.</summary>
    internal static readonly TimeSpan Fallback = TimeSpan.FromMilliseconds(500);

    /// <summary>What is older is of no use to anybody, whether it was read or not: longer than a VM stands still, shorter than a connection's patience.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <param name="kept">The frames in the order in which they came: their hashes.</param>
    /// <param name="read">The hashes of the frames that the VM has read where it was; each stands for one frame.</param>
    /// <param name="isCut">Whether it had read more than that, before.</param>
    /// <param name="came">When each frame came.</param>
    /// <param name="since">The oldest that the VM is to get.</param>
    /// <returns>For each frame whether it is passed over.</returns>
    internal static bool[] Unread(IReadOnlyList<ulong> kept, IEnumerable<ulong> read, bool isCut, IReadOnlyList<long> came, long since) =>
        [.. Unread(kept, read, isCut).Zip(NewerThan(came, since), (isRead, isOld) => isRead || isOld)];

    /// <inheritdoc cref="Unread(IReadOnlyList{ulong}, IEnumerable{ulong}, bool, IReadOnlyList{long}, long)"/>
    internal static bool[] Unread(IReadOnlyList<ulong> kept, IEnumerable<ulong> read, bool isCut = false)
    {
        var times = new Dictionary<ulong, int>();
        foreach (var hash in read)
        {
            times[hash] = times.GetValueOrDefault(hash) + 1;
        }

        var passed = new bool[kept.Count];
        var first = -1;
        for (var i = 0; i < passed.Length; i++)
        {
            if (times.GetValueOrDefault(kept[i]) is > 0 and var left)
            {
                times[kept[i]] = left - 1;
                passed[i] = true;
                first = first < 0 ? i : first;
            }
        }

        // What came before the first that is known was read before it: no more is known than so many.
        for (var i = 0; isCut && i < first; i++)
        {
            passed[i] = true;
        }

        return passed;
    }

    /// <summary>The frames that were kept and that the VM was not given where it is: those that OVN sent to this node alone, as it may when it begins to send to both.</summary>
    /// <param name="kept">The frames: their hashes.</param>
    /// <param name="heard">The hashes of the frames that went into its tap there.</param>
    /// <param name="most">How many it can be given at a time.</param>
    /// <returns>Which it is to be given now, and how many of the frames it then has.</returns>
    internal static (IReadOnlyList<int> Missed, int Known) Missed(IReadOnlyList<ulong> kept, IEnumerable<ulong> heard, int most)
    {
        var known = heard.ToHashSet();
        var missed = Enumerable.Range(0, kept.Count).Where(i => kept[i] != 0 && !known.Contains(kept[i])).Take(most + 1).ToArray();
        return missed.Length > most ? (missed[..most], missed[most]) : (missed, kept.Count);
    }

    /// <param name="came">When each frame came, in the order in which they came, in ticks of the clock.</param>
    /// <param name="since">The oldest that the VM is to get.</param>
    /// <returns>For each frame whether it is passed over.</returns>
    internal static bool[] NewerThan(IReadOnlyList<long> came, long since) => [.. came.Select(each => each < since)];

    /// <summary>How many of the newest frames that went into a tap count as unread.</summary>
    /// <param name="queued">Frames that went into the tap since its <paramref name="base"/> was read.</param>
    /// <param name="base">What it had sent and dropped by then.</param>
    /// <param name="sent">What it has sent by now: what QEMU has read.</param>
    /// <param name="dropped">What it has dropped by now.</param>
    /// <param name="droppedBefore">What it had dropped when the migration was being prepared: what was dropped since may be any of the newest.</param>
    /// <remarks>
    /// Two more than are in the tap: at its stop QEMU may hold one that is neither handed over nor read again, and one may be on its way.
    /// </remarks>
    internal static long Unread(long queued, long @base, long sent, long dropped, long droppedBefore)
    {
        const int InQemu = 2;
        return Math.Max(0, queued + @base - sent - dropped) + Math.Max(0, dropped - droppedBefore) + InQemu;
    }
}
