using Lab.Cluster.Guests;

namespace Lab.Cluster.KubeVirt;

/// <summary>What virt-controller and virt-handler together do next for an instance.</summary>
internal static class InstanceDecision
{
    /// <summary>A guest that still boots does not see the button.</summary>
    private static readonly TimeSpan PressAgain = TimeSpan.FromSeconds(5);

    /// <summary>Decides one step on the facts after the status was reported. What is true after it is seen by deciding again.</summary>
    public static InstanceStep Decide(InstanceFacts facts)
    {
        if (facts.Instance.Metadata.IsDeleting)
            return Remove(facts);
        if (facts.Instance.IsFinished)
            return CleanUp(facts) ?? new InstanceStep.Rest();
        if (!ReferenceEquals(InstanceDefaults.Fill(facts.Instance), facts.Instance))
            return new InstanceStep.Fill();
        if (facts.Guest is { IsRunning: true } guest)
            return Watch(facts, guest);
        if (facts.Launcher is null)
            return InterfaceSupport.Refusal(facts.Instance.Spec) is null ? new InstanceStep.CreateLauncher() : new InstanceStep.Rest();
        return facts.LauncherIsReady && facts.Guest is null ? new InstanceStep.StartGuest() : new InstanceStep.Rest();
    }

    private static InstanceStep Watch(InstanceFacts facts, Guest guest)
    {
        if (facts.Launcher is not { IsFinished: false } launcher)
            return new InstanceStep.KillGuest();
        if (launcher.Metadata.IsDeleting)
        {
            // The launcher has its own, longer time; the guest's is over when the padding begins.
            var grace = TimeSpan.FromSeconds(launcher.Metadata.DeletionGracePeriodSeconds ?? 0);
            var asked = (launcher.Metadata.DeletionTimestamp ?? facts.Now) - grace;
            return Shutdown(asked + LauncherObject.Grace(facts.Instance), facts.Now);
        }
        var silence = guest.StartedAt + facts.GuestDeadline - facts.Now;
        return new InstanceStep.Rest(guest.Phase == GuestPhase.Booting && silence > TimeSpan.Zero ? silence : null);
    }

    private static InstanceStep Remove(InstanceFacts facts)
    {
        if (facts.Guest is { IsRunning: true } && facts.Launcher is { IsFinished: false })
            return Shutdown(facts.Instance.Metadata.DeletionTimestamp!.Value + LauncherObject.Grace(facts.Instance), facts.Now);
        if (CleanUp(facts) is { } step)
            return step;
        if (facts.Launcher is { } launcher)
            return launcher.Metadata.IsDeleting ? new InstanceStep.Rest() : new InstanceStep.DeleteLauncher();
        return facts.Instance.Metadata.HasFinalizer(InstanceDefaults.Finalizer) ? new InstanceStep.RemoveFinalizer() : new InstanceStep.Rest();
    }

    private static InstanceStep Shutdown(DateTimeOffset deadline, DateTimeOffset now) =>
        deadline > now ? new InstanceStep.PowerDown(deadline - now < PressAgain ? deadline - now : PressAgain) : new InstanceStep.KillGuest();

    private static InstanceStep? CleanUp(InstanceFacts facts)
    {
        if (facts.Guest is not null)
            return new InstanceStep.KillGuest();
        return facts.LauncherRuns ? new InstanceStep.EndLauncher(facts.Phase != "Failed") : null;
    }
}
