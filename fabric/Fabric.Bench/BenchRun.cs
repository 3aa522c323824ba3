using Fabric.Bench.Reporting;
using Fabric.Bench.Servers;

namespace Fabric.Bench;

/// <summary>One run of a benchmark: what it may use, and where its results go.</summary>
public sealed class BenchRun
{
    private readonly List<Figure> _figures = [];
    private readonly List<Ratio> _ratios = [];
    private readonly List<string> _notes = [];

    internal BenchRun(string folder, FabricProgram fabric, IProgress<string> progress)
    {
        Folder = folder;
        Fabric = fabric;
        Progress = progress;
    }

    /// <summary>A folder of this run's own; it is removed when the run ends.</summary>
    public string Folder { get; }

    /// <summary>How <c>fabric</c> is started.</summary>
    public FabricProgram Fabric { get; }

    /// <summary>Told what is being done.</summary>
    public IProgress<string> Progress { get; }

    internal IReadOnlyList<Figure> Figures => _figures;

    internal IReadOnlyList<Ratio> Ratios => _ratios;

    internal IReadOnlyList<string> Notes => _notes;

    /// <summary>Reports one value.</summary>
    /// <param name="name">Snake case, with the unit as its last word where it has one.</param>
    /// <param name="unit">Such as <c>ms</c> or <c>1/s</c>.</param>
    /// <param name="meaning">What it is, for people.</param>
    public void Figure(string name, double value, string unit, string meaning) =>
        _figures.Add(new Figure(name, value, unit, meaning, []));

    /// <summary>Reports the median of what was measured several times.</summary>
    /// <inheritdoc cref="Figure(string, double, string, string)" path="/param"/>
    /// <param name="repetitions">What each time gave, at least one.</param>
    public void Median(string name, IReadOnlyList<double> repetitions, string unit, string meaning) =>
        _figures.Add(new Figure(name, new Statistics.Sample(repetitions).Median, unit, meaning, repetitions));

    /// <summary>Reports how many times <paramref name="baseline"/> a figure is, both already reported.</summary>
    public void Ratio(string name, string figure, string baseline, string meaning) =>
        _ratios.Add(new Ratio(name, ValueOf(figure) / ValueOf(baseline), meaning));

    /// <summary>Reports what a reader must know to judge the figures.</summary>
    public void Note(string note) => _notes.Add(note);

    private double ValueOf(string figure) => _figures.Single(each => each.Name == figure).Value;
}
