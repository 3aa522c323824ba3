using Fabric.Grains.Nics;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Nics;

/// <summary>Where a Nic lives while its VM moves, whatever is late, missing, repeated or wrong of what is known of it.</summary>
public sealed class NicMoveTests
{
    private const string Uid = "m-1";

    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly VmLauncher Source = new("s", "launcher-s", null, Now.AddMinutes(-9), IsLiving: true);
    private static readonly VmLauncher Target = new("t", "launcher-t", Uid, Now.AddMinutes(-1), IsLiving: true);

    [Fact]
    public void Vm_that_does_not_move_lives_where_its_launcher_is()
    {
        var move = NicMove.Decide([At("s", "n1")], Place(null, Source), before: null, Now);
        Assert.Equal(("n1", null), (move.Home!.Node, move.Migration));
    }

    [Fact]
    public void Migration_goes_by_what_the_guest_does_and_every_step_is_repeatable()
    {
        var (source, target) = (At("s", "n1"), At("t", "n2") with { Phase = AttachmentPhase.Pending });
        var place = Place(null, Source, Target);
        var move = Twice([source, target], place, null);
        AssertAt("n1", NicMigrationPhase.Preparing, move);
        Assert.Equal((Uid, "n1", "n2", "t"), (move.Migration!.Uid, move.Migration.SourceNode, move.Migration.TargetNode, move.Migration.TargetPodUid));

        target = target with { Phase = AttachmentPhase.Attached, Gate = Gate(NicGateState.Held) };
        move = Twice([source, target], place, move.Migration);
        AssertAt("n1", NicMigrationPhase.Holding, move);
        // KubeVirt has begun to speak of it.
        place = Place(Report(), Source, Target);
        AssertAt("n1", NicMigrationPhase.Holding, Twice([source, target], place, move.Migration));

        target = target with { Gate = Gate(NicGateState.Activated) };
        move = Twice([source, target], place, move.Migration);
        AssertAt("n1", NicMigrationPhase.Activated, move);
        Assert.Equal((139L, 7L), (move.Migration!.Held, move.Migration.Released));

        source = source with { QuietFor = Uid };
        move = Twice([source, target], place, move.Migration);
        AssertAt("n2", NicMigrationPhase.Converged, move);
        // KubeVirt says so later, the source's launcher ends, its attachment goes.
        place = Place(Report(succeeded: true), Source with { IsLiving = false }, Target);
        AssertAt("n2", NicMigrationPhase.Converged, Twice([source, target], place, move.Migration));
        AssertAt("n2", NicMigrationPhase.Converged, Twice([target], Place(Report(succeeded: true), Target), move.Migration));
    }

    [Fact]
    public void Source_that_does_not_answer_is_not_waited_for_for_ever()
    {
        EquatableArray<NicAttachment> attachments = [At("s", "n1"), At("t", "n2") with { Gate = Gate(NicGateState.Activated) }];
        var place = Place(Report(), Source, Target);
        var move = NicMove.Decide(attachments, place, null, Now);
        AssertAt("n1", NicMigrationPhase.Activated, move);
        AssertAt("n1", NicMigrationPhase.Activated, NicMove.Decide(attachments, place, move.Migration, Now.AddSeconds(1)));
        AssertAt("n2", NicMigrationPhase.Converged, NicMove.Decide(attachments, place, move.Migration, Now + NicMove.SourcePatience));
    }

    [Fact]
    public void Success_that_is_said_before_the_guest_has_come_changes_nothing_until_the_source_has_ended()
    {
        EquatableArray<NicAttachment> attachments = [At("s", "n1"), At("t", "n2") with { Gate = Gate(NicGateState.Held) }];
        var move = NicMove.Decide(attachments, Place(Report(succeeded: true), Source, Target), null, Now);
        AssertAt("n1", NicMigrationPhase.Holding, move);
        move = NicMove.Decide(attachments, Place(Report(succeeded: true), Source with { IsLiving = false }, Target), move.Migration, Now);
        AssertAt("n2", NicMigrationPhase.Converged, move);
    }

    [Theory]
    [InlineData(NicGateState.Held)]
    [InlineData(NicGateState.Activated)]
    [InlineData(NicGateState.Opened)]
    public void Failure_leaves_the_source_alone_at_once(NicGateState gate)
    {
        EquatableArray<NicAttachment> attachments = [At("s", "n1"), At("t", "n2") with { Gate = Gate(gate) }];
        var before = NicMove.Decide(attachments, Place(Report(), Source, Target), null, Now).Migration;
        AssertAt("n1", NicMigrationPhase.RolledBack, Twice(attachments, Place(Report(failed: true), Source, Target), before));
        // Without a word of KubeVirt: its launcher is gone.
        AssertAt("n1", NicMigrationPhase.RolledBack, Twice(attachments, Place(null, Source, Target with { IsLiving = false }), before));
        AssertAt("n1", NicMigrationPhase.RolledBack, Twice([At("s", "n1")], Place(null, Source), before));
    }

    [Fact]
    public void Failure_that_is_said_after_all_brings_the_nic_back_to_a_source_that_lives()
    {
        EquatableArray<NicAttachment> attachments = [At("s", "n1") with { QuietFor = Uid }, At("t", "n2") with { Gate = Gate(NicGateState.Activated) }];
        var moved = NicMove.Decide(attachments, Place(Report(), Source, Target), null, Now).Migration;
        Assert.Equal(NicMigrationPhase.Converged, moved!.Phase);
        AssertAt("n1", NicMigrationPhase.RolledBack, Twice(attachments, Place(Report(failed: true), Source, Target), moved));
        AssertAt("n2", NicMigrationPhase.Converged, Twice(attachments, Place(Report(failed: true), Source with { IsLiving = false }, Target), moved));
    }

    [Fact]
    public void Source_that_is_lost_leaves_the_target_alone()
    {
        EquatableArray<NicAttachment> attachments = [At("s", "n1"), At("t", "n2") with { Gate = Gate(NicGateState.Held) }];
        var before = NicMove.Decide(attachments, Place(Report(), Source, Target), null, Now).Migration;
        AssertAt("n2", NicMigrationPhase.Converged, Twice([At("t", "n2")], Place(Report(), Target), before));
    }

    [Fact]
    public void Of_two_targets_the_one_counts_that_KubeVirt_speaks_of_or_else_the_newest()
    {
        var second = new VmLauncher("u", "launcher-u", "m-2", Now, IsLiving: true);
        EquatableArray<NicAttachment> attachments = [At("s", "n1"), At("t", "n2"), At("u", "n3")];
        Assert.Equal("n3", NicMove.Decide(attachments, Place(null, Source, Target, second), null, Now).Migration!.TargetNode);
        Assert.Equal("n2", NicMove.Decide(attachments, Place(Report(), Source, Target, second), null, Now).Migration!.TargetNode);
        // The first has failed.
        Assert.Equal("n3", NicMove.Decide(attachments, Place(Report(failed: true), Source, Target, second), null, Now).Migration!.TargetNode);
    }

    [Fact]
    public void Second_migration_begins_where_the_first_ended_although_KubeVirt_still_speaks_of_that()
    {
        var first = NicMove.Decide(
            [At("s", "n1") with { QuietFor = Uid }, At("t", "n2") with { Gate = Gate(NicGateState.Activated) }], Place(Report(), Source, Target), null, Now).Migration;
        var back = new VmLauncher("b", "launcher-b", "m-2", Now.AddMinutes(1), IsLiving: true);
        EquatableArray<NicAttachment> attachments = [At("t", "n2") with { Gate = Gate(NicGateState.Activated) }, At("b", "n1")];
        var place = Place(Report(succeeded: true), Source with { IsLiving = false }, Target, back);
        var move = Twice(attachments, place, first);
        AssertAt("n2", NicMigrationPhase.Preparing, move);
        Assert.Equal(("m-2", "n1"), (move.Migration!.Uid, move.Migration.TargetNode));
        // The same with nothing remembered, as after a wiped status.
        AssertAt("n2", NicMigrationPhase.Preparing, NicMove.Decide(attachments, place, null, Now));

        attachments = [attachments[0] with { QuietFor = "m-2" }, attachments[1] with { Gate = Gate(NicGateState.Activated) with { MigrationUid = "m-2" } }];
        move = NicMove.Decide(attachments, place, move.Migration, Now);
        AssertAt("n1", NicMigrationPhase.Converged, move);
        // The launcher that was left bears the label of the migration that had brought it there: it is no target.
        AssertAt("n1", NicMigrationPhase.Converged, NicMove.Decide(attachments, place, move.Migration, Now.AddSeconds(9)));
    }

    [Fact]
    public void Without_a_gate_both_nodes_have_the_port_until_the_source_has_ended()
    {
        EquatableArray<NicAttachment> attachments = [At("s", "n1"), At("t", "n2") with { Gate = Gate(NicGateState.LeftToOvn) }];
        var move = Twice(attachments, Place(Report(), Source, Target), null);
        AssertAt("n1", NicMigrationPhase.Holding, move);
        Assert.True(move.Migration!.LeftToOvn);
        AssertAt("n2", NicMigrationPhase.Converged, Twice(attachments, Place(Report(succeeded: true), Source with { IsLiving = false }, Target), move.Migration));
        AssertAt("n1", NicMigrationPhase.RolledBack, Twice(attachments, Place(Report(failed: true), Source, Target), move.Migration));
    }

    [Fact]
    public void Gate_of_another_migration_says_nothing()
    {
        EquatableArray<NicAttachment> attachments = [At("s", "n1"), At("t", "n2") with { Gate = Gate(NicGateState.Activated) with { MigrationUid = "m-0" } }];
        AssertAt("n1", NicMigrationPhase.Preparing, NicMove.Decide(attachments, Place(null, Source, Target), null, Now));
    }

    [Fact]
    public void Two_launchers_on_one_node_and_one_without_a_migration_are_no_move()
    {
        Assert.Null(NicMove.Decide([At("s", "n1"), At("t", "n1")], Place(null, Source, Target), null, Now).Migration);
        var stray = Target with { MigrationUid = null };
        var move = NicMove.Decide([At("s", "n1"), At("t", "n2")], Place(null, Source, stray), null, Now);
        Assert.Equal(("n1", null), (move.Home!.Node, move.Migration));
    }

    [Fact]
    public void Launcher_that_follows_an_ended_one_is_a_restart_and_no_move()
    {
        var again = new VmLauncher("r", "launcher-r", null, Now, IsLiving: true);
        var move = NicMove.Decide([At("s", "n1"), At("r", "n2")], Place(null, Source with { IsLiving = false }, again), null, Now);
        Assert.Equal(("n2", null), (move.Home!.Node, move.Migration));
    }

    [Fact]
    public void Vm_that_ends_while_it_moves_is_not_moving_any_more()
    {
        var before = NicMove.Decide([At("s", "n1"), At("t", "n2")], Place(Report(), Source, Target), null, Now).Migration;
        Assert.Equal(NicMigrationPhase.RolledBack, NicMove.Decide([], null, before, Now).Migration!.Phase);
    }

    [Fact]
    public void Whatever_is_known_there_is_one_home_and_it_is_attached()
    {
        foreach (var (source, target, gate, report, phase) in
            from source in (bool?[])[null, false, true]
            from target in (bool?[])[null, false, true]
            from gate in (NicGateState?[])[null, .. Enum.GetValues<NicGateState>().Cast<NicGateState?>()]
            from report in (VmMigrationReport?[])[null, Report(), Report(succeeded: true), Report(failed: true), Report() with { Uid = "m-0" }]
            from phase in (NicMigrationPhase?[])[null, .. Enum.GetValues<NicMigrationPhase>().Cast<NicMigrationPhase?>()]
            select (source, target, gate, report, phase))
        {
            var launchers = new[] { source is null ? null : Source with { IsLiving = source.Value }, target is null ? null : Target with { IsLiving = target.Value } }.OfType<VmLauncher>();
            EquatableArray<NicAttachment> attachments =
            [
                .. source is null ? (NicAttachment[])[] : [At("s", "n1")],
                .. target is null ? (NicAttachment[])[] : [At("t", "n2") with { Gate = gate is { } state ? Gate(state) : null }],
            ];
            var before = phase is { } was ? new NicMigration { Uid = Uid, Phase = was, SourceNode = "n1", SourcePodUid = "s", TargetNode = "n2", TargetPodUid = "t", Since = Now } : null;
            var move = NicMove.Decide(attachments, new VmPlace([.. launchers], report), before, Now);
            Assert.Equal(attachments.IsEmpty, move.Home is null);
            Assert.True(move.Home is null || attachments.Contains(move.Home));
            var lives = new[] { source == true ? "s" : null, target == true ? "t" : null };
            Assert.True(move.Home is null || lives.Contains(move.Home.PodUid) || lives.All(each => each is null), "who has ended is not preferred to who lives");
            Assert.True(move.Migration is not { IsUnderWay: true } || (source == true && target == true), "two nodes have the port only while both live");
            if (report is { HasFailed: true } && report.Uid == Uid && source == true)
            {
                Assert.Equal("s", move.Home!.PodUid);
            }
        }
    }

    private static NicMove Twice(EquatableArray<NicAttachment> attachments, VmPlace place, NicMigration? before)
    {
        var move = NicMove.Decide(attachments, place, before, Now);
        Assert.Equal(move, NicMove.Decide(attachments, place, move.Migration, Now));
        // The order of the list says nothing.
        Assert.Equal(move, NicMove.Decide([.. attachments.Reverse()], place, before, Now));
        return move;
    }

    private static void AssertAt(string node, NicMigrationPhase phase, NicMove move) => Assert.Equal((node, phase), (move.Home!.Node, move.Migration!.Phase));

    private static NicAttachment At(string pod, string node) => new()
    {
        Node = node, PodName = $"launcher-{pod}", PodUid = pod, Phase = AttachmentPhase.Attached, Since = Now,
    };

    private static NicGate Gate(NicGateState state) => new() { MigrationUid = Uid, State = state, Held = 139, Released = 7 };

    private static VmMigrationReport Report(bool succeeded = false, bool failed = false) => new(Uid, "launcher-s", "launcher-t", succeeded, failed);

    private static VmPlace Place(VmMigrationReport? report, params VmLauncher[] launchers) => new([.. launchers], report);
}
