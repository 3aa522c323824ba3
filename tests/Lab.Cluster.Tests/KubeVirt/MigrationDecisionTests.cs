using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Guests;
using Lab.Cluster.KubeVirt;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.KubeVirt;

public sealed class MigrationDecisionTests
{
    [Theory]
    [InlineData(null, "none", null, "Move Pending")]
    [InlineData("Pending", "none", null, "CreateTarget")]
    [InlineData("Pending", "pending", null, "Move Scheduling")]
    [InlineData("Scheduling", "pending", null, "Rest")]
    [InlineData("Scheduling", "ready", null, "Move Scheduled")]
    [InlineData("Scheduling", "none", null, "Fail")]
    [InlineData("Scheduling", "ended", null, "Fail")]
    [InlineData("Scheduled", "ready", null, "Announce")]
    [InlineData("PreparingTarget", "ready", null, "PrepareTarget")]
    [InlineData("PreparingTarget", "none", null, "Fail")]
    [InlineData("TargetReady", "ready", null, "Move Running")]
    [InlineData("Running", "ready", HandoverPhase.None, "Begin")]
    [InlineData("Running", "ready", HandoverPhase.Active, "Rest")]
    [InlineData("Running", "ready", HandoverPhase.Done, "Succeed")]
    [InlineData("Running", "ready", HandoverPhase.Failed, "Fail")]
    [InlineData("Running", "ended", HandoverPhase.Active, "Abort")]
    [InlineData("Running", "none", null, "Fail")]
    [InlineData("Dancing", "ready", null, "Fail")]
    [InlineData("Succeeded", "ready", null, "Rest")]
    [InlineData("Failed", "none", null, "Rest")]
    public void Each_phase_has_one_next_step(string? phase, string target, HandoverPhase? progress, string expected) => Assert.Equal(expected, Step(Facts(phase, target, progress)));

    [Theory]
    [InlineData("Pending", "none", null, "Fail")]
    [InlineData("Scheduling", "ready", null, "Fail")]
    [InlineData("TargetReady", "ready", null, "Fail")]
    [InlineData("Running", "ready", HandoverPhase.Active, "Abort")]
    [InlineData("Running", "ready", HandoverPhase.Failed, "Fail")]
    [InlineData("Running", "ready", HandoverPhase.Done, "Succeed")]
    [InlineData("Failed", "none", null, "RemoveFinalizer")]
    [InlineData("Succeeded", "ready", null, "RemoveFinalizer")]
    public void Deleted_migration_is_given_up_unless_the_guest_has_gone(string phase, string target, HandoverPhase? progress, string expected)
    {
        var facts = Facts(phase, target, progress);
        var meta = facts.Migration.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch };
        Assert.Equal(expected, Step(facts with { Migration = facts.Migration with { Metadata = meta } }));
    }

    [Fact]
    public void Migration_waits_for_an_earlier_one_and_for_the_guest()
    {
        Assert.Equal("Rest", Step(Facts("Pending", "none", null) with { Before = "first" }));
        Assert.Equal("Rest", Step(Facts("Pending", "none", null) with { GuestIsUp = false }));
    }

    [Fact]
    public void Vm_that_is_bridged_to_the_pod_network_migrates_only_if_it_says_that_it_may()
    {
        var facts = Facts("Pending", "none", null);
        var bridged = facts.Instance! with { Spec = new() };
        Assert.Equal("Fail", Step(facts with { Instance = bridged }));
        var allowed = bridged with { Metadata = bridged.Metadata with { Annotations = [KeyValuePair.Create(KubeVirtApi.BridgeMigrationAnnotation, "")] } };
        Assert.Equal("CreateTarget", Step(facts with { Instance = allowed }));
    }

    [Fact]
    public void Launcher_of_an_instance_is_the_one_that_its_last_migration_ended_in()
    {
        var instance = Facts("Running", "ready", null).Instance!;
        Assert.Equal(LauncherObject.Name(instance), InstanceLaunchers.HomeOf(instance));
        string HomeWith(MigrationState state) => InstanceLaunchers.HomeOf(instance with { Status = instance.Status! with { MigrationState = state } });
        var state = new MigrationState { MigrationUid = "m", SourcePod = "from", TargetPod = "to" };
        Assert.Equal("from", HomeWith(state));
        Assert.Equal("to", HomeWith(state with { Completed = true }));
        Assert.Equal("from", HomeWith(state with { Completed = true, Failed = true }));
    }

    [Fact]
    public void Launchers_are_told_apart_whichever_of_instance_and_migration_is_seen_first()
    {
        var instance = Facts("Running", "ready", null).Instance!;
        Pod Launcher(string name, int second, string? migration) => new()
        {
            Metadata = new ObjectMeta
            {
                Name = name, Namespace = "default", Uid = name, CreationTimestamp = DateTimeOffset.UnixEpoch.AddSeconds(second),
                Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [KubeVirtApi.CreatedByLabel] = "i", [KubeVirtApi.MigrationJobLabel] = migration ?? "" }.ToEquatableMap(),
            },
        };
        Pod[] pods = [Launcher(LauncherObject.Name(instance), 0, null), Launcher("second", 1, "m1"), Launcher("third", 2, "m2")];
        string Told(MigrationState? state, params string[] hopeful)
        {
            var told = InstanceLaunchers.Of(instance with { Status = instance.Status! with { MigrationState = state } }, pods, hopeful.ToHashSet(StringComparer.Ordinal));
            return $"{told.Home?.Metadata.Name ?? "-"} {told.Target?.Metadata.Name ?? "-"} {string.Join(',', told.Left.Select(pod => pod.Metadata.Name))}";
        }

        var first = pods[0].Metadata.Name!;
        var done = new MigrationState { MigrationUid = "m1", SourcePod = first, TargetPod = "second", Completed = true };
        var next = new MigrationState { MigrationUid = "m2", SourcePod = "second", TargetPod = "third" };
        Assert.Equal($"second third {first}", Told(done, "m1", "m2"));
        // The second has succeeded, which the instance is not known to say yet; and then it is.
        Assert.Equal($"second third {first}", Told(next, "m1", "m2"));
        Assert.Equal($"third - {first},second", Told(next with { Completed = true }, "m1", "m2"));
        Assert.Equal($"second - {first},third", Told(next with { Completed = true, Failed = true }, "m1"));
    }

    private static string Step(MigrationFacts facts) => MigrationDecision.Decide(facts) switch
    {
        MigrationStep.Move move => $"Move {move.Phase}",
        var step => step.GetType().Name,
    };

    private static MigrationFacts Facts(string? phase, string target, HandoverPhase? progress) => new()
    {
        Migration = new VirtualMachineInstanceMigration
        {
            Metadata = new ObjectMeta { Name = "m", Namespace = "default", Uid = "m", Finalizers = [MigrationDecision.Finalizer] },
            Spec = new() { VmiName = "web" },
            Status = phase is null ? null : new() { Phase = phase },
        },
        Instance = new VirtualMachineInstance
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "i" },
            Spec = new() { Domain = new() { Devices = new() { AutoattachPodInterface = false } } },
            Status = new() { Phase = "Running" },
        },
        Source = PodIn("ready", "node1"),
        Target = target == "none" ? null : PodIn(target, "node2"),
        GuestIsUp = true,
        Progress = progress is { } known ? new HandoverProgress(known, "as a test says") : null,
    };

    private static Pod PodIn(string state, string node) => new()
    {
        Metadata = new ObjectMeta { Name = "launcher", Namespace = "default", Uid = node },
        Spec = new PodSpec { NodeName = node },
        Status = new PodStatus
        {
            Phase = state switch { "ready" => "Running", "ended" => "Failed", _ => "Pending" },
            Conditions = state == "ready" ? [new StatusCondition { Type = "Ready", Status = "True" }] : null,
        },
    };
}
