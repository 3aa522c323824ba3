using System.Text.Json.Serialization;

namespace Lab.Demo;

/// <summary>One thing the demo showed.</summary>
/// <param name="Shown">What was to hold, as a sentence.</param>
/// <param name="Held">Whether it did.</param>
/// <param name="Measured">The figure that says so.</param>
public sealed record Check(string Shown, bool Held, string Measured);

/// <summary>All that the demo showed.</summary>
/// <param name="Lab">The lab's id.</param>
/// <param name="Seconds">How long it took, without installation and build.</param>
/// <param name="Checks">In the order shown.</param>
public sealed record Report(string Lab, double Seconds, IReadOnlyList<Check> Checks)
{
    /// <summary>Whether all of it held.</summary>
    public bool Held => Checks.Count > 0 && Checks.All(check => check.Held);
}

/// <summary>How the report is written for programs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Report))]
public sealed partial class ReportJson : JsonSerializerContext;
