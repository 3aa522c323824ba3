namespace Fabric.Bench.Ipam;

/// <summary>How much <c>fabric bench ipam</c> does.</summary>
public sealed record IpamOptions
{
    /// <summary>Nics that are there in the second measurement of a full run.</summary>
    public const int FullMany = 100_000;

    // A subnet with room for the addresses that are left free in it, and more than as many that are not.
    private const int SmallestFilled = 25;

    /// <summary>Clients that allocate at once, each on a connection of its own.</summary>
    public int Clients { get; init; } = 64;

    /// <summary>Allocations of one repetition.</summary>
    public int Count { get; init; } = 1000;

    /// <summary>How often each measurement is made; figures are medians.</summary>
    public int Repetitions { get; init; } = 3;

    /// <summary>Nics that are there in the first measurement.</summary>
    public int Few { get; init; } = 1000;

    /// <summary>Nics that are there in the second measurement; more than <see cref="Few"/>.</summary>
    public int Many { get; init; } = 10_000;

    /// <summary>What is wrong with them, or null.</summary>
    public string? Check() => Many - Few <= 1 << (32 - SmallestFilled)
        ? $"--many {Many} must be more than --few {Few} by more than {1 << (32 - SmallestFilled)}"
        : null;

    /// <summary>
    /// Prefix length of the subnet of which the last free addresses are given out: a /16 where it fits into the many, else a
    /// smaller one.
    /// </summary>
    internal int FilledLength => Enumerable.Range(16, SmallestFilled - 15).First(length => Many - Few > 1 << (32 - length));
}
