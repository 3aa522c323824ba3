using Fabric.Bench.Machine;

namespace Fabric.Bench.Reporting;

/// <summary>What a benchmark found.</summary>
public sealed record BenchReport
{
    /// <summary>Its name.</summary>
    public required string Benchmark { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took in all.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>What it was told.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>Where it ran, and how busy that was before.</summary>
    public required MachineFacts Machine { get; init; }

    /// <summary>How busy the machine was at the end, the benchmark's own work included.</summary>
    public required LoadAverage LoadAtEnd { get; init; }

    /// <summary>What was measured, in the order of the measurement.</summary>
    public required IReadOnlyList<Figure> Figures { get; init; }

    /// <summary>Figures compared with each other.</summary>
    public required IReadOnlyList<Ratio> Ratios { get; init; }

    /// <summary>What a reader must know to judge the figures.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>One value measured.</summary>
/// <param name="Name">Snake case.</param>
/// <param name="Unit">Such as <c>ms</c>.</param>
/// <param name="Meaning">What it is, for people.</param>
/// <param name="Repetitions">Where the value is a median, what it is the median of.</param>
public sealed record Figure(string Name, double Value, string Unit, string Meaning, IReadOnlyList<double> Repetitions);

/// <summary>One figure divided by another of the same run.</summary>
/// <param name="Name">Snake case.</param>
/// <param name="Meaning">What it is, for people.</param>
public sealed record Ratio(string Name, double Value, string Meaning);
