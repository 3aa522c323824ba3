using Lab.Cluster.Guests;

namespace Lab.Cluster.KubeVirt;

/// <summary>What virt-controller and virt-handler together do next for a migration.</summary>
internal static class MigrationDecision
{
    /// <summary>Holds a migration's object until it has ended: deleting it is how one is cancelled.</summary>
    public const string Finalizer = "kubevirt.io/migrationJobFinalize";

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(1);

    /// <summary>Decides one step. What is true after it is seen by deciding again.</summary>
    public static MigrationStep Decide(MigrationFacts facts)
    {
        var meta = facts.Migration.Metadata;
        if (facts.Migration.IsFinished)
            return meta.IsDeleting && meta.HasFinalizer(Finalizer) ? new MigrationStep.RemoveFinalizer() : new MigrationStep.Rest();
        if (meta.IsDeleting)
            return meta.HasFinalizer(Finalizer) ? Cancel(facts) : new MigrationStep.Rest();
        if (!meta.HasFinalizer(Finalizer))
            return new MigrationStep.AddFinalizer();
        if (facts.Instance is null || facts.Instance.IsFinished || facts.Instance.Metadata.IsDeleting)
            return new MigrationStep.Fail($"there is no instance {facts.Migration.Spec.VmiName} that runs");
        return facts.Phase switch
        {
            null or "" => new MigrationStep.Move("Pending"),
            "Pending" => Begin(facts),
            "Scheduling" => facts.TargetIsLost ? Lost() : facts.TargetIsReady ? new MigrationStep.Move("Scheduled") : new MigrationStep.Rest(),
            "Scheduled" => facts.TargetIsLost ? Lost()
                : facts.Instance.Status?.MigrationState?.MigrationUid == facts.Uid ? new MigrationStep.Move("PreparingTarget") : new MigrationStep.Announce(),
            "PreparingTarget" => facts.TargetIsLost ? Lost() : new MigrationStep.PrepareTarget(),
            "TargetReady" => facts.TargetIsLost ? Lost() : new MigrationStep.Move("Running"),
            "Running" => Follow(facts),
            _ => new MigrationStep.Fail($"phase \"{facts.Phase}\" is none that this migration was given"),
        };
    }

    private static MigrationStep Begin(MigrationFacts facts)
    {
        if (MigrationSupport.Refusal(facts.Instance!) is { } refusal)
            return new MigrationStep.Fail(refusal);
        if (facts.Before is not null || !facts.GuestIsUp)
            return new MigrationStep.Rest(Later);
        return facts.Target is null ? new MigrationStep.CreateTarget() : new MigrationStep.Move("Scheduling");
    }

    private static MigrationStep Follow(MigrationFacts facts) => facts.Progress switch
    {
        { Phase: HandoverPhase.Done } => new MigrationStep.Succeed(),
        { Phase: HandoverPhase.Failed } failed => new MigrationStep.Fail(failed.Detail),
        { Phase: HandoverPhase.Active } => facts.TargetIsLost ? new MigrationStep.Abort() : new MigrationStep.Rest(Soon),
        _ => facts.TargetIsLost ? Lost() : new MigrationStep.Begin(),
    };

    private static MigrationStep Cancel(MigrationFacts facts) => facts.Progress switch
    {
        { Phase: HandoverPhase.Done } => new MigrationStep.Succeed(),
        { Phase: HandoverPhase.Active } => new MigrationStep.Abort(),
        _ => new MigrationStep.Fail("it was cancelled"),
    };

    private static MigrationStep.Fail Lost() => new("the launcher it was going to is gone");
}
