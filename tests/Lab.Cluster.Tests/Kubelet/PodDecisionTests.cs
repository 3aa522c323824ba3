using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Kubelet;
using Lab.Cluster.Sandboxes;

namespace Lab.Cluster.Tests.Kubelet;

public sealed class PodDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>What the sandbox and its one container may be in.</summary>
    public enum Runtime
    {
        Nothing,
        Empty,
        Created,
        Runs,
        EndedWell,
        EndedBadly,
        StoppedEmpty,
        StoppedEnded,
        HalfStopped,
    }

    /// <summary>What is wanted of the pod.</summary>
    public enum Wish
    {
        Run,
        Finished,
        Deleted,
    }

    public static TheoryData<Runtime, Wish, string, string> Pairs()
    {
        var data = new TheoryData<Runtime, Wish, string, string>();
        foreach (var policy in (string[])["Always", "OnFailure", "Never"])
        {
            data.Add(Runtime.Nothing, Wish.Run, policy, "RunSandbox");
            data.Add(Runtime.Empty, Wish.Run, policy, "StartContainer");
            data.Add(Runtime.Created, Wish.Run, policy, "RemoveContainer");
            data.Add(Runtime.Runs, Wish.Run, policy, "Rest");
            data.Add(Runtime.EndedWell, Wish.Run, policy, policy == "Always" ? "StartContainer" : "Rest");
            data.Add(Runtime.EndedBadly, Wish.Run, policy, policy == "Never" ? "Rest" : "StartContainer");
            data.Add(Runtime.StoppedEmpty, Wish.Run, policy, "RemoveSandbox");
            data.Add(Runtime.StoppedEnded, Wish.Run, policy, policy == "Never" ? "Rest" : "RemoveSandbox");
            foreach (var wish in (Wish[])[Wish.Finished, Wish.Deleted])
            {
                var atLast = wish == Wish.Deleted ? "RemoveSandbox" : "Rest";
                data.Add(Runtime.Nothing, wish, policy, wish == Wish.Deleted ? "DeletePod" : "Rest");
                data.Add(Runtime.Empty, wish, policy, "StopSandbox");
                data.Add(Runtime.Created, wish, policy, "StopSandbox");
                data.Add(Runtime.Runs, wish, policy, "StopContainers");
                data.Add(Runtime.EndedWell, wish, policy, "StopSandbox");
                data.Add(Runtime.EndedBadly, wish, policy, "StopSandbox");
                data.Add(Runtime.StoppedEmpty, wish, policy, atLast);
                data.Add(Runtime.StoppedEnded, wish, policy, atLast);
                data.Add(Runtime.HalfStopped, wish, policy, "StopSandbox");
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_state_has_its_step(Runtime runtime, Wish wish, string policy, string step) =>
        Assert.Equal(step, PodDecision.Decide(Facts(runtime, wish, policy)).GetType().Name);

    [Theory]
    [InlineData(Runtime.Nothing, "Always", "Pending")]
    [InlineData(Runtime.Empty, "Always", "Pending")]
    [InlineData(Runtime.Runs, "Always", "Running")]
    [InlineData(Runtime.EndedWell, "Always", "Running")]
    [InlineData(Runtime.EndedBadly, "OnFailure", "Running")]
    [InlineData(Runtime.EndedWell, "OnFailure", "Succeeded")]
    [InlineData(Runtime.EndedWell, "Never", "Succeeded")]
    [InlineData(Runtime.EndedBadly, "Never", "Failed")]
    [InlineData(Runtime.StoppedEnded, "Never", "Failed")]
    public void Phase_follows_from_what_runs(Runtime runtime, string policy, string phase) =>
        Assert.Equal(phase, PodReport.Of(Facts(runtime, Wish.Run, policy)).Phase);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(3, 40)]
    [InlineData(6, 300)]
    [InlineData(60, 300)]
    public void Container_that_ends_again_and_again_waits_longer(int attempt, int seconds)
    {
        var ended = Container(ContainerPhase.Exited, 1) with { Attempt = attempt, StartedAt = Now.AddSeconds(-1), FinishedAt = Now };
        Assert.Equal(TimeSpan.FromSeconds(seconds), CrashBackoff.After(ended));
        Assert.Equal(TimeSpan.Zero, CrashBackoff.After(ended with { StartedAt = Now.AddMinutes(-11) }));

        var facts = Facts(Runtime.EndedBadly, Wish.Run, "Always");
        facts = facts with { Sandboxes = [facts.Current! with { Containers = [ended] }] };
        if (seconds == 0)
            Assert.Equal(attempt + 1, Assert.IsType<PodStep.StartContainer>(PodDecision.Decide(facts)).Attempt);
        else
            Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.IsType<PodStep.Rest>(PodDecision.Decide(facts)).Again);
    }

    [Fact]
    public void Init_containers_run_one_after_another_before_the_others()
    {
        var facts = Facts(Runtime.Empty, Wish.Run, "Always");
        var spec = facts.Pod.Spec! with { InitContainers = [new PodContainer { Name = "first" }, new PodContainer { Name = "second" }] };
        facts = facts with { Pod = facts.Pod with { Spec = spec } };
        Assert.Equal("first", Next(facts));
        facts = With(facts, Container(ContainerPhase.Running) with { Name = "first" });
        Assert.IsType<PodStep.Rest>(PodDecision.Decide(facts));
        facts = With(facts, Container(ContainerPhase.Exited) with { Name = "first" });
        Assert.Equal("second", Next(facts));
        facts = With(facts, Container(ContainerPhase.Exited) with { Name = "first" }, Container(ContainerPhase.Exited) with { Name = "second" });
        Assert.Equal("main", Next(facts));

        static string Next(PodFacts facts) => Assert.IsType<PodStep.StartContainer>(PodDecision.Decide(facts)).Container.Name;
        static PodFacts With(PodFacts facts, params SandboxContainer[] containers) =>
            facts with { Sandboxes = [facts.Current! with { Containers = [.. containers] }] };
    }

    [Fact]
    public void Grace_is_what_is_left_until_the_time_the_server_set()
    {
        var step = Assert.IsType<PodStep.StopContainers>(PodDecision.Decide(Facts(Runtime.Runs, Wish.Deleted, "Always")));
        Assert.Equal(TimeSpan.FromSeconds(7), step.Grace);
    }

    [Fact]
    public void Status_of_what_is_unchanged_is_unchanged()
    {
        var facts = Facts(Runtime.Runs, Wish.Run, "Always");
        var first = PodReport.Of(facts);
        var second = PodReport.Of(facts with { Pod = facts.Pod with { Status = first }, Now = Now.AddHours(1) });
        Assert.Equal(first, second);
    }

    private static PodFacts Facts(Runtime runtime, Wish wish, string policy) => new()
    {
        Pod = new Pod
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "u", DeletionTimestamp = wish == Wish.Deleted ? Now.AddSeconds(7) : null },
            Spec = new PodSpec { RestartPolicy = policy, Containers = [new PodContainer { Name = "main" }] },
            Status = wish == Wish.Finished ? new PodStatus { Phase = "Failed" } : null,
        },
        Sandboxes = runtime == Runtime.Nothing ? [] : [Sandbox(runtime)],
        HostAddress = "192.0.2.1",
        Now = Now,
    };

    private static Sandbox Sandbox(Runtime runtime) => new()
    {
        Id = "s",
        Pod = new PodIdentity("default", "web", "u"),
        Attempt = 0,
        IsReady = runtime is not (Runtime.StoppedEmpty or Runtime.StoppedEnded or Runtime.HalfStopped),
        IsHalfStopped = runtime is Runtime.HalfStopped,
        CreatedAt = Now,
        Containers = runtime switch
        {
            Runtime.Created => [Container(ContainerPhase.Created)],
            Runtime.Runs => [Container(ContainerPhase.Running)],
            Runtime.EndedWell => [Container(ContainerPhase.Exited)],
            Runtime.EndedBadly => [Container(ContainerPhase.Exited, 1)],
            Runtime.StoppedEnded => [Container(ContainerPhase.Exited, 137)],
            _ => new EquatableArray<SandboxContainer>(),
        },
    };

    private static SandboxContainer Container(ContainerPhase phase, int code = 0) => new()
    {
        Id = "c",
        Name = "main",
        Attempt = 0,
        Phase = phase,
        ExitCode = code,
        StartedAt = phase == ContainerPhase.Created ? null : Now.AddSeconds(-5),
        FinishedAt = phase == ContainerPhase.Exited ? Now : null,
    };
}
