namespace Fabric.Bench.Statistics;

/// <summary>Values measured, of which quantiles are taken by nearest rank: each is a value that was measured.</summary>
public sealed class Sample
{
    private readonly double[] _sorted;

    /// <summary>A sample of at least one value.</summary>
    public Sample(IEnumerable<double> values)
    {
        _sorted = [.. values];
        if (_sorted.Length == 0)
        {
            throw new ArgumentException("a sample needs a value", nameof(values));
        }

        Array.Sort(_sorted);
    }

    /// <summary>How many values.</summary>
    public int Count => _sorted.Length;

    /// <summary>The middle; of an even number, the mean of the two in the middle.</summary>
    public double Median => (_sorted[(Count - 1) / 2] + _sorted[Count / 2]) / 2;

    /// <summary>The least value that is not less than a share <paramref name="share"/> of the values.</summary>
    /// <param name="share">Above 0, up to 1: 0.99 is the 99th percentile.</param>
    public double Quantile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        // 0.07 * 100 is a little more than 7: what is a whole rank must not become the next one.
        return _sorted[Math.Clamp((int)Math.Ceiling((share * Count) - 1e-9) - 1, 0, Count - 1)];
    }
}
