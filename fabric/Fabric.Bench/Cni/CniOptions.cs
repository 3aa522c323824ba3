namespace Fabric.Bench.Cni;

/// <summary>How much <c>fabric bench cni</c> measures.</summary>
public sealed record CniOptions
{
    /// <summary>The sizes by which Fabric is judged.</summary>
    public const int FullMany = 5000;

    /// <summary>ADDs at once by which Fabric is judged.</summary>
    public const int FullBurst = 400;

    /// <summary>Long enough to see less than a thousandth of a core.</summary>
    public static readonly TimeSpan FullIdle = TimeSpan.FromSeconds(30);

    /// <summary>The <c>fabric-cni</c> program.</summary>
    public required string Plugin { get; init; }

    /// <summary>ADDs of each plugin, and DELs, at each size of the northbound database.</summary>
    public int Count { get; init; } = 30;

    /// <summary>Ports in the northbound database at first. As many pods of the node are there at a time.</summary>
    public int Few { get; init; } = 10;

    /// <summary>Ports in it in between; not measured unless it lies between the others.</summary>
    public int Some { get; init; } = 1000;

    /// <summary>Ports in it at last.</summary>
    public int Many { get; init; } = 1000;

    /// <summary>ADDs at once.</summary>
    public int Burst { get; init; } = 100;

    /// <summary>ADDs of pods that nothing was made ready for.</summary>
    public int Cold { get; init; } = 5;

    /// <summary>How long the agent is watched doing nothing.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The sizes that are measured, rising.</summary>
    internal IReadOnlyList<int> Sizes => [.. new[] { Few, Some, Many }.Where(size => size >= Few && size <= Many).Distinct().Order()];

    /// <summary>What is wrong with them, or null.</summary>
    public string? Check() =>
        Few > Many ? $"--few {Few} is more than --many {Many}"
        : Few > CniNetwork.MostTogether ? $"--few {Few}: give at most {CniNetwork.MostTogether}"
        : Burst > CniNetwork.MostTogether ? $"--burst {Burst}: give at most {CniNetwork.MostTogether}"
        : Many > CniNetwork.MostElsewhere ? $"--many {Many}: give at most {CniNetwork.MostElsewhere}"
        : null;
}
