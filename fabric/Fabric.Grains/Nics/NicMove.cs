using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Nics;

/// <summary>Where a Nic lives, and whether it is moving with its VM.</summary>
/// <param name="Home">The attachment that counts; null while there is none.</param>
/// <param name="Migration">The migration under way or the last one; null when there was none.</param>
public sealed record NicMove(NicAttachment? Home, NicMigration? Migration)
{
    /// <summary>For so long the source's node may take to have its ovn-controller stand still while the port is given to the target.</summary>
    /// <remarks>It takes tens of milliseconds; a node that is gone never does, and then nothing there is in the way either.</remarks>
    public static readonly TimeSpan SourcePatience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Works out where the Nic lives from what is so now. What the guest did, which the nodes saw, goes before what KubeVirt says of it,
    /// unless that is that the migration failed: KubeVirt ends the guest that it says has failed.
    /// </summary>
    /// <param name="attachments">The attachments whose pods exist.</param>
    /// <param name="place">The VM's launchers; null for what is no VM, or where nothing is known of one.</param>
    /// <param name="before">What was worked out before.</param>
    /// <param name="now">The time.</param>
    public static NicMove Decide(EquatableArray<NicAttachment> attachments, VmPlace? place, NicMigration? before, DateTimeOffset now)
    {
        if (place is null)
            return new NicMove(NicRules.Active(attachments), End(before, NicRules.Active(attachments), place, now));
        var living = attachments.Where(each => LauncherOf(each, place) is { IsLiving: true }).ToArray();
        var home = HomeOf(living, place, before) ?? NicRules.Active(attachments);
        return home is not null && TargetOf(living, home, place) is { } target
            ? Move(home, target, LauncherOf(target, place)!.MigrationUid!, before, now)
            : new NicMove(home, End(before, home, place, now));
    }

    /// <summary>The same guest has to be found again each time, whatever is late, missing or repeated of what is known.</summary>
    private static NicAttachment? HomeOf(NicAttachment[] living, VmPlace place, NicMigration? before)
    {
        // What has converged stays: KubeVirt says so later, and until then still names the source.
        if (before is { Phase: NicMigrationPhase.Converged } && !HasFailed(place, before.Uid) && living.FirstOrDefault(each => each.PodUid == before.TargetPodUid) is { } moved)
            return moved;
        return living.FirstOrDefault(each => each.PodName == place.Report?.SourcePod)
            ?? living.OrderBy(each => LauncherOf(each, place)!.Created).ThenBy(each => each.Since).FirstOrDefault();
    }

    /// <summary>The launcher that a migration goes to: newer than the one the VM is in, on another node. Of several, the one that KubeVirt speaks of, or the newest.</summary>
    private static NicAttachment? TargetOf(NicAttachment[] living, NicAttachment home, VmPlace place)
    {
        var age = LauncherOf(home, place)?.Created;
        return living
            .Where(each => each.PodUid != home.PodUid && each.Node != home.Node && LauncherOf(each, place) is { MigrationUid: { } uid } launcher
                && Nullable.Compare(launcher.Created, age) >= 0 && launcher.PodName != place.Report?.SourcePod && !HasFailed(place, uid))
            .OrderByDescending(each => LauncherOf(each, place)!.MigrationUid == place.Report?.Uid && place.Report?.HasSucceeded == false)
            .ThenByDescending(each => LauncherOf(each, place)!.Created)
            .FirstOrDefault();
    }

    private static NicMove Move(NicAttachment home, NicAttachment target, string uid, NicMigration? before, DateTimeOffset now)
    {
        var known = before?.Uid == uid ? before : null;
        var gate = target.Gate?.MigrationUid == uid ? target.Gate : null;
        var phase = gate?.State switch
        {
            NicGateState.Activated => NicMigrationPhase.Activated,
            NicGateState.Held => NicMigrationPhase.Holding,
            // One that opened by itself keeps nothing: the VM is where it was until it has spoken or its launcher is the only one.
            NicGateState.Opened => NicMigrationPhase.Holding,
            NicGateState.LeftToOvn => NicMigrationPhase.Holding,
            _ => NicMigrationPhase.Preparing,
        };
        var isQuiet = home.QuietFor == uid || (known is { Phase: NicMigrationPhase.Activated, Since: { } since } && now - since >= SourcePatience);
        if (phase == NicMigrationPhase.Activated && isQuiet)
            phase = NicMigrationPhase.Converged;
        var migration = new NicMigration
        {
            Uid = uid,
            Phase = phase,
            SourceNode = home.Node,
            SourcePodUid = home.PodUid,
            TargetNode = target.Node,
            TargetPodUid = target.PodUid,
            Since = known?.Phase == phase ? known.Since : now,
            LeftToOvn = gate?.State == NicGateState.LeftToOvn,
        };
        return new NicMove(phase == NicMigrationPhase.Converged ? target : home, gate is null ? migration : WithFigures(migration, gate));
    }

    /// <summary>Figures come with the last frame that was kept, and so perhaps after all else.</summary>
    private static NicMigration WithFigures(NicMigration migration, NicGate gate) => migration with
    {
        ActivationMicroseconds = gate.ActivationMicroseconds,
        GapMilliseconds = gate.GapMilliseconds,
        Held = gate.Held,
        Released = gate.Released,
        Message = gate.Message ?? migration.Message,
    };

    /// <summary>What becomes of a migration when there is nothing to move any more.</summary>
    private static NicMigration? End(NicMigration? before, NicAttachment? home, VmPlace? place, DateTimeOffset now)
    {
        if (before is not null && home?.Gate?.MigrationUid == before.Uid)
            before = WithFigures(before, home.Gate);
        if (before is null || home is null)
            return before is { IsUnderWay: true } ? before with { Phase = NicMigrationPhase.RolledBack, Since = now, Message = "the VM is plugged in nowhere" } : before;
        var isThere = home.PodUid == before.TargetPodUid;
        return before switch
        {
            { IsUnderWay: true } when isThere => before with
            {
                Phase = NicMigrationPhase.Converged, Since = now, Message = before.Phase == NicMigrationPhase.Activated ? before.Message : "the launcher it came from has ended",
            },
            { IsUnderWay: true } => before with { Phase = NicMigrationPhase.RolledBack, Since = now, Message = "the launcher it was going to has ended, or the migration failed" },
            { Phase: NicMigrationPhase.Converged } when !isThere && home.PodUid == before.SourcePodUid && place is not null && HasFailed(place, before.Uid) =>
                before with { Phase = NicMigrationPhase.RolledBack, Since = now, Message = "the migration failed after all" },
            _ => before,
        };
    }

    private static bool HasFailed(VmPlace place, string uid) => place.Report is { HasFailed: true } report && report.Uid == uid;

    private static VmLauncher? LauncherOf(NicAttachment attachment, VmPlace place) => place.Launchers.FirstOrDefault(each => each.PodUid == attachment.PodUid);
}
