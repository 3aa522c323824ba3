using Fabric.Resources.Core;
using Lab.Cluster.Sandboxes;

namespace Lab.Cluster.Kubelet;

/// <summary>What a kubelet does next for one of its pods.</summary>
internal static class PodDecision
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(30);

    /// <summary>Decides one step. What is true after it is seen by deciding again.</summary>
    public static PodStep Decide(PodFacts facts)
    {
        if (facts.Pod.Metadata.IsDeleting || facts.Pod.IsFinished)
            return Finish(facts);
        if (facts.Sandboxes.FirstOrDefault(each => each != facts.Current) is { } older)
            return new PodStep.RemoveSandbox(older.Id);
        if (facts.Current is not { } sandbox)
            return new PodStep.RunSandbox(0);
        if (!sandbox.IsReady)
            return facts.HasEnded ? new PodStep.Rest() : new PodStep.RemoveSandbox(sandbox.Id);
        return DiscardOld(facts, sandbox) ?? (facts.IsInitialized ? Run(facts, sandbox) : Initialize(facts, sandbox));
    }

    private static PodStep Finish(PodFacts facts)
    {
        var running = facts.Sandboxes.SelectMany(each => each.Containers).Where(each => each.Phase == ContainerPhase.Running).ToArray();
        if (running.Length > 0)
            return new PodStep.StopContainers([.. running.Select(each => (each.Id, each.Name))], Grace(facts));
        if (facts.Sandboxes.FirstOrDefault(each => each.IsReady || each.IsHalfStopped) is { } plugged)
            return new PodStep.StopSandbox(plugged.Id);
        if (!facts.Pod.Metadata.IsDeleting)
            return new PodStep.Rest();
        return facts.Sandboxes is [var left, ..] ? new PodStep.RemoveSandbox(left.Id) : new PodStep.DeletePod();
    }

    /// <summary>The API server has added the grace period to the time of deletion already.</summary>
    private static TimeSpan Grace(PodFacts facts)
    {
        if (facts.Pod.Metadata.DeletionTimestamp is not { } end)
            return facts.Pod.Spec?.TerminationGracePeriodSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultGrace;
        return end > facts.Now ? end - facts.Now : TimeSpan.Zero;
    }

    private static PodStep.RemoveContainer? DiscardOld(PodFacts facts, Sandbox sandbox)
    {
        foreach (var container in facts.InitContainers.Concat(facts.Containers))
        {
            var newest = facts.Newest(container);
            var old = sandbox.Containers.FirstOrDefault(each =>
                each.Name == container.Name && (each.Phase == ContainerPhase.Created || (each != newest && each.Phase == ContainerPhase.Exited)));
            if (old is not null)
                return new PodStep.RemoveContainer(old.Id);
        }
        return null;
    }

    private static PodStep Initialize(PodFacts facts, Sandbox sandbox)
    {
        var next = facts.InitContainers.First(each => facts.Newest(each) is not { Phase: ContainerPhase.Exited, ExitCode: 0 });
        return Start(facts, sandbox, next, isInit: true) ?? new PodStep.Rest();
    }

    private static PodStep Run(PodFacts facts, Sandbox sandbox)
    {
        TimeSpan? again = null;
        foreach (var container in facts.Containers)
        {
            switch (Start(facts, sandbox, container, isInit: false))
            {
                case PodStep.Rest { Again: { } wait }:
                    again = again is { } other && other < wait ? other : wait;
                    break;
                case PodStep.StartContainer start:
                    return start;
            }
        }
        return new PodStep.Rest(again);
    }

    private static PodStep? Start(PodFacts facts, Sandbox sandbox, PodContainer container, bool isInit)
    {
        if (facts.Newest(container) is not { } newest)
            return new PodStep.StartContainer(sandbox.Id, container, FirstAttempt(facts.Pod, container));
        if (newest.Phase != ContainerPhase.Exited || !facts.Restarts(newest, isInit))
            return null;
        var left = CrashBackoff.Left(newest, facts.Now);
        return left > TimeSpan.Zero ? new PodStep.Rest(left) : new PodStep.StartContainer(sandbox.Id, container, newest.Attempt + 1);
    }

    /// <summary>A container of a sandbox that was lost is counted on from what was reported.</summary>
    private static int FirstAttempt(Pod pod, PodContainer container) =>
        pod.Status?.ContainerStatuses?.FirstOrDefault(each => each.Name == container.Name) is { ContainerID: not null } known ? known.RestartCount + 1 : 0;
}
