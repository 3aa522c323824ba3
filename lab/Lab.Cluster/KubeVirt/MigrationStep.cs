namespace Lab.Cluster.KubeVirt;

/// <summary>The one next thing to do for a migration.</summary>
internal abstract record MigrationStep
{
    /// <summary>Nothing until something changes, or until a time has passed.</summary>
    public sealed record Rest(TimeSpan? Again = null) : MigrationStep;

    /// <summary>Hold the migration's object until it has ended.</summary>
    public sealed record AddFinalizer : MigrationStep;

    /// <summary>Let the object go.</summary>
    public sealed record RemoveFinalizer : MigrationStep;

    /// <summary>Say how far it is.</summary>
    public sealed record Move(string Phase) : MigrationStep;

    /// <summary>Make the launcher to go to.</summary>
    public sealed record CreateTarget : MigrationStep;

    /// <summary>Say on the instance where it goes.</summary>
    public sealed record Announce : MigrationStep;

    /// <summary>Bind the interfaces in the target and have a guest wait there.</summary>
    public sealed record PrepareTarget : MigrationStep;

    /// <summary>Begin to hand the guest over.</summary>
    public sealed record Begin : MigrationStep;

    /// <summary>Give handing over up.</summary>
    public sealed record Abort : MigrationStep;

    /// <summary>The guest runs on the target: say so on the instance.</summary>
    public sealed record Succeed : MigrationStep;

    /// <summary>The guest stays where it is: say why.</summary>
    public sealed record Fail(string Why) : MigrationStep;
}
