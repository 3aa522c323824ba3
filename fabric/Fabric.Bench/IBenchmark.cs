namespace Fabric.Bench;

/// <summary>Something that can be measured by name.</summary>
public interface IBenchmark
{
    /// <summary>The word after <c>fabric bench</c>.</summary>
    string Name { get; }

    /// <summary>What it was told, by name, so that a result can be had again.</summary>
    IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>Measures, with whatever it compares to measured in the same run.</summary>
    /// <param name="run">Where results go. What is started is disposed before this returns, also when cancelled.</param>
    /// <exception cref="BenchException">It cannot be carried out.</exception>
    Task MeasureAsync(BenchRun run, CancellationToken cancellationToken);
}
