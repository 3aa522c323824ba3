using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Guests;
using Lab.Cluster.KubeVirt;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.KubeVirt;

public sealed class InstanceDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly string[] Launchers = ["none", "pending", "ready", "ended", "deleting"];

    private static readonly string[] Guests = ["none", "Booting", "Up", "ShutDown", "Crashed"];

    public static TheoryData<string, string, string, string, string> Pairs()
    {
        var data = new TheoryData<string, string, string, string, string>();
        foreach (var launcher in Launchers)
        {
            foreach (var guest in Guests)
            {
                foreach (var phase in (string[])["none", "Scheduling", "Running"])
                {
                    var (next, step) = Expected(launcher, guest, phase);
                    data.Add(launcher, guest, phase, next, step);
                }
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_launcher_meets_every_guest(string launcher, string guest, string phase, string next, string step)
    {
        var facts = Reported(Facts(launcher, guest, phase));
        Assert.Equal(next, facts.Phase);
        Assert.Equal(step, Step(facts));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Deleted_instance_loses_guest_then_launcher_then_finalizer(string launcher, string guest, string phase, string next, string step)
    {
        Assert.NotNull(next + step);
        var facts = Facts(launcher, guest, phase);
        facts = Reported(facts with { Instance = facts.Instance with { Metadata = facts.Instance.Metadata with { DeletionTimestamp = Now.AddSeconds(-1) } } });
        var expected = (launcher, guest) switch
        {
            ("pending" or "ready" or "deleting", "Booting" or "Up") => "PowerDown",
            (_, not "none") => "KillGuest",
            ("none", _) => "RemoveFinalizer",
            ("ready" or "deleting", _) => "EndLauncher",
            ("pending" or "ended", _) => "DeleteLauncher",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        Assert.Equal(expected, Step(facts));
        if (expected == "PowerDown")
            Assert.Equal("KillGuest", Step(facts with { Now = Now.AddSeconds(30) }));
    }

    [Fact]
    public void Instance_is_filled_before_anything_is_made()
    {
        var facts = Facts("none", "none", "none");
        Assert.Equal("Fill", Step(facts with { Instance = facts.Instance with { Metadata = facts.Instance.Metadata with { Finalizers = null } } }));
    }

    [Fact]
    public void Nothing_is_attached_when_the_instance_forbids_it()
    {
        var bare = new VirtualMachineInstance { Spec = new() { Domain = new() { Devices = new() { AutoattachPodInterface = false } } } };
        Assert.Null(InstanceDefaults.Fill(bare).Spec.Domain!.Devices!.Interfaces);
    }

    [Fact]
    public void Status_of_what_is_unchanged_is_unchanged()
    {
        foreach (var launcher in Launchers)
        {
            foreach (var guest in Guests)
            {
                var facts = Reported(Facts(launcher, guest, "none"));
                Assert.Equal(facts.Instance.Status, InstanceReport.Of(facts with { Now = Now.AddSeconds(1) }));
            }
        }
    }

    [Theory]
    [InlineData("1024M", 128)]
    [InlineData("128Mi", 128)]
    [InlineData("100Mi", 100)]
    [InlineData("64Mi", 96)]
    [InlineData("1e8", 96)]
    [InlineData("110e6", 104)]
    [InlineData("0.1Gi", 102)]
    [InlineData("99999999999999E", 128)]
    [InlineData("lots", 128)]
    [InlineData(null, 128)]
    public void Memory_is_what_is_asked_for_within_the_labs_bounds(string? asked, int mebibytes) =>
        Assert.Equal(mebibytes, GuestMemory.GivenMiB(new() { Domain = new() { Memory = new() { Guest = asked } } }));

    private static (string Phase, string Step) Expected(string launcher, string guest, string phase)
    {
        if (guest is "ShutDown" or "Crashed")
            return (guest == "ShutDown" ? "Succeeded" : "Failed", "KillGuest");
        if (guest is "Booting" or "Up")
        {
            return ("Running", launcher switch
            {
                "none" or "ended" => "KillGuest",
                "deleting" => "PowerDown",
                _ => "Rest",
            });
        }
        if (phase == "Running" || launcher == "ended" || (launcher == "none" && phase == "Scheduling"))
            return ("Failed", launcher is "ready" or "deleting" ? "EndLauncher" : "Rest");
        return launcher switch
        {
            "none" => ("Pending", "CreateLauncher"),
            "ready" => ("Scheduled", "StartGuest"),
            _ => ("Scheduling", "Rest"),
        };
    }

    private static string Step(InstanceFacts facts) => InstanceDecision.Decide(facts).GetType().Name;

    private static InstanceFacts Reported(InstanceFacts facts) =>
        facts with { Instance = facts.Instance with { Status = InstanceReport.Of(facts) } };

    private static InstanceFacts Facts(string launcher, string guest, string phase) => new()
    {
        Instance = InstanceDefaults.Fill(new VirtualMachineInstance
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "i" },
            Spec = new() { TerminationGracePeriodSeconds = 5 },
            Status = phase == "none" ? null : new VirtualMachineInstanceStatus { Phase = phase },
        }),
        Launcher = launcher == "none" ? null : new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = "virt-launcher-web-x",
                Uid = "p",
                DeletionTimestamp = launcher == "deleting" ? Now.AddSeconds(20) : null,
                DeletionGracePeriodSeconds = launcher == "deleting" ? 20 : null,
            },
            Spec = new PodSpec { NodeName = "node1" },
            Status = new PodStatus
            {
                Phase = launcher switch { "pending" => "Pending", "ended" => "Failed", _ => "Running" },
                Conditions = [new() { Type = "Ready", Status = launcher is "ready" or "deleting" ? "True" : "False" }],
            },
        },
        Guest = guest == "none" ? null : new Guest { Uid = "i", Key = new ObjectKey("default", "web"), Phase = Enum.Parse<GuestPhase>(guest), StartedAt = Now },
        Now = Now,
        GuestDeadline = TimeSpan.FromSeconds(60),
    };
}
