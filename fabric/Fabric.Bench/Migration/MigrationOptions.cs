namespace Fabric.Bench.Migration;

/// <summary>How much <c>fabric bench migration</c> does.</summary>
public sealed record MigrationOptions
{
    /// <summary>Migrations of each way under each load.</summary>
    public int Migrations { get; init; } = 10;

    /// <summary>For how long each rate is tried that the guest may be able to answer.</summary>
    public TimeSpan TrialTime { get; init; } = TimeSpan.FromSeconds(3);
}
