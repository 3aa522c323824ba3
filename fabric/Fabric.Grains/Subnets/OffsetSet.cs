namespace Fabric.Grains.Subnets;

/// <summary>
/// A set of numbers as ranges that do not touch: its size is that of its gaps, not of its numbers, and every operation
/// takes time by the logarithm of the gaps.
/// </summary>
public sealed class OffsetSet
{
    private readonly SortedSet<(UInt128 First, UInt128 Last)> _ranges = [];

    /// <summary>How many numbers it holds.</summary>
    public UInt128 Count { get; private set; }

    /// <summary>The ranges, in order.</summary>
    public IEnumerable<(UInt128 First, UInt128 Last)> Ranges => _ranges;

    /// <summary>Whether a number is in the set.</summary>
    public bool Contains(UInt128 number) => Before(number) is { } range && number <= range.Last;

    /// <summary>The least number in the set from this one on, or null.</summary>
    public UInt128? FirstFrom(UInt128 number)
    {
        if (Before(number) is { } range && number <= range.Last)
            return number;
        return number == UInt128.MaxValue ? null : After(number + 1)?.First;
    }

    /// <summary>Adds numbers; those that are there already change nothing.</summary>
    public void Add(UInt128 first, UInt128 last)
    {
        // What overlaps or touches becomes one range.
        var from = first == 0 ? 0 : first - 1;
        var to = last == UInt128.MaxValue ? last : last + 1;
        foreach (var range in Meeting(from, to))
        {
            Take(range);
            first = UInt128.Min(first, range.First);
            last = UInt128.Max(last, range.Last);
        }
        Put(first, last);
    }

    /// <summary>Removes numbers; those that are not there change nothing.</summary>
    public void Remove(UInt128 first, UInt128 last)
    {
        foreach (var range in Meeting(first, last))
        {
            Take(range);
            if (range.First < first)
                Put(range.First, first - 1);
            if (range.Last > last)
                Put(last + 1, range.Last);
        }
    }

    /// <summary>The ranges that share a number with this one.</summary>
    private List<(UInt128 First, UInt128 Last)> Meeting(UInt128 first, UInt128 last)
    {
        var meeting = new List<(UInt128, UInt128)>();
        if (Before(first) is { } before && before.First < first && before.Last >= first)
            meeting.Add(before);
        meeting.AddRange(_ranges.GetViewBetween((first, 0), (last, UInt128.MaxValue)));
        return meeting;
    }

    /// <summary>The last range that begins at or before a number.</summary>
    private (UInt128 First, UInt128 Last)? Before(UInt128 number)
    {
        var view = _ranges.GetViewBetween((0, 0), (number, UInt128.MaxValue));
        var last = view.Max;
        // A range's last number is never less than its first, so the set's default is told from a range by being outside of the set.
        return last != default || _ranges.Contains(default) ? last : null;
    }

    /// <summary>The first range that begins at or after a number.</summary>
    private (UInt128 First, UInt128 Last)? After(UInt128 number)
    {
        var first = _ranges.GetViewBetween((number, 0), (UInt128.MaxValue, UInt128.MaxValue)).Min;
        return first != default ? first : null;
    }

    private void Put(UInt128 first, UInt128 last)
    {
        _ranges.Add((first, last));
        Count += last - first + 1;
    }

    private void Take((UInt128 First, UInt128 Last) range)
    {
        _ranges.Remove(range);
        Count -= range.Last - range.First + 1;
    }
}
