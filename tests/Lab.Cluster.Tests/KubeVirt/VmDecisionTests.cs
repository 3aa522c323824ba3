using System.Text.Json;
using Fabric.Resources;
using Lab.Cluster.KubeVirt;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.KubeVirt;

public sealed class VmDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly string[] Strategies = ["Always", "RerunOnFailure", "Manual", "Once", "Halted", "Sometimes"];

    /// <summary>What there may be of an instance: none, or its phase.</summary>
    private static readonly string[] Instances = ["none", "Pending", "Running", "Succeeded", "Failed", "deleting"];

    public static TheoryData<string, string, string> Pairs()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var strategy in Strategies)
        {
            foreach (var instance in Instances)
                data.Add(strategy, instance, Expected(strategy, instance));
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_strategy_meets_every_instance(string strategy, string instance, string step) =>
        Assert.Equal(step, Step(Facts(strategy, instance)));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Deleted_vm_lets_its_instance_go_first(string strategy, string instance, string step)
    {
        Assert.NotNull(step);
        var expected = instance switch { "none" => "RemoveFinalizer", "deleting" => "Rest", _ => "DeleteInstance" };
        Assert.Equal(expected, Step(Facts(strategy, instance, deleting: true)));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Vm_is_held_before_anything_else(string strategy, string instance, string step)
    {
        Assert.NotNull(step);
        var facts = Facts(strategy, instance);
        Assert.Equal("AddFinalizer", Step(facts with { Vm = facts.Vm with { Metadata = facts.Vm.Metadata with { Finalizers = null } } }));
    }

    [Theory]
    [InlineData("Always", "CreateInstance")]
    [InlineData("RerunOnFailure", "Rest")]
    [InlineData("Once", "Rest")]
    [InlineData("Manual", "Rest")]
    [InlineData("Halted", "Rest")]
    public void What_ran_under_the_strategy_and_is_gone_comes_back_only_when_always_wanted(string strategy, string step) =>
        Assert.Equal(step, Step(Remembering(Facts(strategy, "none"), $$"""{"runStrategy":"{{strategy}}"}""")));

    [Theory]
    [InlineData("Always")]
    [InlineData("RerunOnFailure")]
    public void What_failed_waits_and_then_comes_back(string strategy)
    {
        var failed = Remembering(
            Facts(strategy, "none"),
            $$$"""{"runStrategy":"{{{strategy}}}","startFailure":{"consecutiveFailCount":1,"lastFailedVMIUID":"i","retryAfterTimestamp":"2026-01-02T03:04:15Z"}}""");
        Assert.Equal(new VmStep.Rest(TimeSpan.FromSeconds(10)), VmDecision.Decide(failed));
        Assert.Equal("CrashLoopBackOff", VmReport.Of(failed).PrintableStatus);
        Assert.Equal("CreateInstance", Step(failed with { Now = Now.AddSeconds(10) }));
    }

    [Theory]
    [InlineData("none", "Start", "CreateInstance")]
    [InlineData("none", "Stop", "Rest")]
    [InlineData("Running", "Start", "Rest")]
    [InlineData("Running", "Stop", "DeleteInstance")]
    [InlineData("Succeeded", "Start", "DeleteInstance")]
    [InlineData("deleting", "Stop", "Rest")]
    public void Manual_vm_does_as_it_is_asked(string instance, string request, string step) =>
        Assert.Equal(step, Step(Remembering(Facts("Manual", instance), $$"""{"stateChangeRequests":[{"action":"{{request}}"}]}""")));

    [Fact]
    public void Failure_is_counted_once_and_forgotten_when_the_guest_is_ready()
    {
        var facts = Facts("Always", "Failed");
        var once = VmReport.Of(facts);
        var twice = VmReport.Of(facts with { Vm = facts.Vm with { Status = once } });
        Assert.Equal(1, VmHistory.Of(twice).Failure!.ConsecutiveFailCount);

        var other = facts.Named! with { Metadata = facts.Named.Metadata with { Uid = "j" } };
        var next = VmReport.Of(facts with { Vm = facts.Vm with { Status = twice }, Named = other });
        Assert.Equal(2, VmHistory.Of(next).Failure!.ConsecutiveFailCount);
        Assert.Equal(Now.AddSeconds(40), VmHistory.Of(next).Failure!.RetryAfterTimestamp);

        var ready = other with { Status = new VirtualMachineInstanceStatus { Phase = "Running", Conditions = [new() { Type = "Ready", Status = "True" }] } };
        Assert.Null(VmHistory.Of(VmReport.Of(facts with { Vm = facts.Vm with { Status = next }, Named = ready })).Failure);
    }

    [Theory]
    [InlineData("Always", "none", "Starting")]
    [InlineData("Always", "Pending", "Starting")]
    [InlineData("Always", "Running", "Running")]
    [InlineData("Always", "deleting", "Stopping")]
    [InlineData("Always", "Failed", "CrashLoopBackOff")]
    [InlineData("Once", "Failed", "Stopped")]
    [InlineData("Once", "Succeeded", "Stopped")]
    [InlineData("Halted", "none", "Stopped")]
    [InlineData("Manual", "none", "Stopped")]
    public void Printable_status_says_it_in_a_word(string strategy, string instance, string printable) =>
        Assert.Equal(printable, VmReport.Of(Facts(strategy, instance)).PrintableStatus);

    [Theory]
    [InlineData(null, true, "Always")]
    [InlineData(null, false, "Halted")]
    [InlineData("Once", null, "Once")]
    [InlineData("Always", true, "Unknown")]
    [InlineData(null, null, "Unknown")]
    [InlineData("always", null, "Unknown")]
    [InlineData("1", null, "Unknown")]
    public void Strategy_is_read_from_either_field(string? strategy, bool? running, string expected) =>
        Assert.Equal(expected, RunStrategies.Of(new VirtualMachineSpec { RunStrategy = strategy, Running = running, Template = new() }).ToString());

    [Fact]
    public void Status_of_what_is_unchanged_is_unchanged()
    {
        foreach (var strategy in Strategies)
        {
            foreach (var instance in Instances)
            {
                var facts = Facts(strategy, instance);
                var first = VmReport.Of(facts);
                Assert.Equal(first, VmReport.Of(facts with { Vm = facts.Vm with { Status = first }, Now = Now.AddHours(1) }));
            }
        }
    }

    private static string Expected(string strategy, string instance) => (strategy, instance) switch
    {
        ("Always" or "RerunOnFailure" or "Once", "none") => "CreateInstance",
        (_, "none") or (_, "deleting") => "Rest",
        ("Halted", _) => "DeleteInstance",
        ("Always", "Succeeded" or "Failed") => "DeleteInstance",
        ("RerunOnFailure", "Failed") => "DeleteInstance",
        _ => "Rest",
    };

    private static string Step(VmFacts facts) => VmDecision.Decide(facts).GetType().Name;

    private static VmFacts Remembering(VmFacts facts, string status) =>
        facts with { Vm = facts.Vm with { Status = JsonSerializer.Deserialize(status, KubeVirtJson.Default.VirtualMachineStatus) } };

    private static VmFacts Facts(string strategy, string instance, bool deleting = false) => new()
    {
        Vm = new VirtualMachine
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "v", Finalizers = [VmDecision.Finalizer], DeletionTimestamp = deleting ? Now : null },
            Spec = new VirtualMachineSpec { RunStrategy = strategy, Template = new() },
        },
        Named = instance == "none" ? null : new VirtualMachineInstance
        {
            Metadata = new ObjectMeta
            {
                Name = "web",
                Namespace = "default",
                Uid = "i",
                DeletionTimestamp = instance == "deleting" ? Now : null,
                OwnerReferences = [new OwnerReference { ApiVersion = KubeVirtApi.ApiVersion, Kind = "VirtualMachine", Name = "web", Uid = "v" }],
            },
            Status = new VirtualMachineInstanceStatus { Phase = instance == "deleting" ? "Running" : instance },
        },
        Now = Now,
    };
}
