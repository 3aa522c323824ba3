using System.Text.Json;
using Fabric.Primitives;
using Fabric.Resources.Core;
using Lab.Cluster.Reconciling;
using Lab.Cluster.Sandboxes;

namespace Lab.Cluster.Kubelet;

/// <summary>The status that a kubelet reports of a pod.</summary>
internal static class PodReport
{
    private const string InitStatuses = "initContainerStatuses";

    /// <summary>The status as it should read; what other writers put there is kept.</summary>
    public static PodStatus Of(PodFacts facts)
    {
        var status = facts.Pod.Status ?? new PodStatus();
        // What has ended is not rewritten, and of what was removed nothing newer is known.
        if (facts.Pod.IsFinished || (facts.Pod.Metadata.IsDeleting && facts.Current is null))
            return status;
        var containers = Statuses(facts, facts.Containers, facts.IsInitialized ? "ContainerCreating" : "PodInitializing", isInit: false);
        var phase = Phase(facts);
        var addresses = Addresses(facts);
        return status with
        {
            Phase = phase,
            HostIP = facts.HostAddress,
            PodIP = addresses.IsEmpty ? null : addresses[0],
            PodIPs = addresses.IsEmpty ? null : [.. addresses.Select(each => new PodAddress(each))],
            StartTime = status.StartTime ?? facts.Now,
            Conditions = ConditionsOf(facts, containers, phase),
            ContainerStatuses = containers,
            Unknown = WithInit(facts, status.Unknown),
        };
    }

    private static EquatableArray<string> Addresses(PodFacts facts) =>
        facts.Pod.Spec?.HostNetwork == true ? [facts.HostAddress] : facts.Current is { IsReady: true } sandbox ? sandbox.Addresses : [];

    private static string Phase(PodFacts facts)
    {
        var newest = facts.Containers.Select(facts.Newest).ToArray();
        var stopsForGood = facts.HasEnded || (facts.Pod.Metadata.IsDeleting && newest.All(each => each is null or { Phase: ContainerPhase.Exited }));
        if (stopsForGood)
            return facts.IsInitialized && newest.All(each => each is { ExitCode: 0 }) ? "Succeeded" : "Failed";
        return newest.Any(each => each is { Phase: not ContainerPhase.Created }) ? "Running" : "Pending";
    }

    private static EquatableArray<StatusCondition> ConditionsOf(PodFacts facts, EquatableArray<ContainerStatus> containers, string phase)
    {
        var unready = containers.Where(each => !each.Ready).Select(each => each.Name).ToArray();
        var ready = unready.Length == 0 && phase == "Running";
        var (reason, message) = ready ? (null, null)
            : phase is "Succeeded" ? ("PodCompleted", (string?)null)
            : phase is "Failed" ? ("PodFailed", null)
            : ("ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]");
        var missing = facts.InitContainers.Where(each => facts.Newest(each) is not { Phase: ContainerPhase.Exited, ExitCode: 0 }).Select(each => each.Name);
        var known = facts.Pod.Status?.Conditions;
        EquatableArray<StatusCondition>? conditions = known.With("PodScheduled", holds: true, facts.Now);
        conditions = facts.IsInitialized
            ? conditions.With("Initialized", holds: true, facts.Now)
            : conditions.With("Initialized", holds: false, facts.Now, "ContainersNotInitialized", $"containers with incomplete status: [{string.Join(' ', missing)}]");
        conditions = conditions.With("ContainersReady", ready, facts.Now, reason, message);
        return conditions.With("Ready", ready, facts.Now, reason, message);
    }

    private static EquatableArray<ContainerStatus> Statuses(PodFacts facts, EquatableArray<PodContainer> containers, string waiting, bool isInit) =>
        [.. containers.Select(each => StatusOf(facts, each, waiting, isInit))];

    private static ContainerStatus StatusOf(PodFacts facts, PodContainer container, string waiting, bool isInit)
    {
        var newest = facts.Newest(container);
        var known = isInit ? null : facts.Pod.Status?.ContainerStatuses?.FirstOrDefault(each => each.Name == container.Name);
        var runs = newest?.Phase == ContainerPhase.Running;
        return new ContainerStatus
        {
            Name = container.Name,
            Image = container.Image,
            ImageID = "",
            ContainerID = newest is null ? known?.ContainerID : $"containerd://{newest.Id}",
            Ready = isInit ? newest is { Phase: ContainerPhase.Exited, ExitCode: 0 } : runs,
            Started = runs,
            RestartCount = newest?.Attempt ?? known?.RestartCount ?? 0,
            State = StateOf(facts, container, newest, waiting, isInit),
        };
    }

    private static ContainerState StateOf(PodFacts facts, PodContainer container, SandboxContainer? newest, string waiting, bool isInit)
    {
        switch (newest?.Phase)
        {
            case ContainerPhase.Running:
                return new ContainerState { Running = new ContainerStateDetail { StartedAt = newest.StartedAt } };
            case ContainerPhase.Exited when !facts.Pod.Metadata.IsDeleting && facts.Restarts(newest, isInit) && CrashBackoff.After(newest) is { Ticks: > 0 } wait:
                return new ContainerState
                {
                    Waiting = new ContainerStateDetail
                    {
                        Reason = "CrashLoopBackOff",
                        Message = $"back-off {wait.TotalSeconds:0}s restarting failed container={container.Name} pod={facts.Pod.Metadata.Name}_{facts.Pod.Metadata.Namespace}({facts.Pod.Metadata.Uid})",
                    },
                };
            case ContainerPhase.Exited:
                return new ContainerState
                {
                    Terminated = new ContainerStateDetail
                    {
                        Reason = newest.Reason ?? (newest.ExitCode == 0 ? "Completed" : "Error"),
                        ExitCode = newest.ExitCode,
                        StartedAt = newest.StartedAt,
                        FinishedAt = newest.FinishedAt,
                        ContainerID = $"containerd://{newest.Id}",
                    },
                };
            default:
                return new ContainerState { Waiting = new ContainerStateDetail { Reason = waiting } };
        }
    }

    private static Dictionary<string, JsonElement>? WithInit(PodFacts facts, Dictionary<string, JsonElement>? unknown)
    {
        if (facts.InitContainers.IsEmpty || facts.Current is null)
            return unknown;
        var statuses = Statuses(facts, facts.InitContainers, "PodInitializing", isInit: true);
        return new Dictionary<string, JsonElement>(unknown ?? [], StringComparer.Ordinal)
        {
            [InitStatuses] = JsonSerializer.SerializeToElement(statuses, ClusterJson.Default.EquatableArrayContainerStatus),
        };
    }
}
