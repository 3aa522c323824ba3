using Fabric.Primitives;
using Fabric.Resources.Core;
using Lab.Cluster.Guests;
using Lab.Cluster.Reconciling;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>The status that KubeVirt reports of an instance.</summary>
internal static class InstanceReport
{
    private static readonly string[] Begun = ["Scheduling", "Scheduled", "Running"];

    /// <summary>The status as it should read; what other writers put there is kept.</summary>
    public static VirtualMachineInstanceStatus Of(InstanceFacts facts)
    {
        var status = facts.Instance.Status ?? new VirtualMachineInstanceStatus();
        var (phase, reason) = facts.Instance.IsFinished ? (facts.Phase!, status.Reason) : Phase(facts);
        var node = facts.Launcher?.Spec?.NodeName is { Length: > 0 } bound ? bound : status.NodeName;
        return status with
        {
            Phase = phase,
            Reason = reason,
            NodeName = node,
            ActivePods = ActivePods(facts, node),
            Interfaces = WithAddresses(facts, status.Interfaces),
            Conditions = ConditionsOf(facts, phase),
        };
    }

    private static EquatableMap<string, string>? ActivePods(InstanceFacts facts, string? node)
    {
        if (facts.Launcher is not { IsFinished: false } launcher)
            return null;
        EquatableMap<string, string> pods = [KeyValuePair.Create(launcher.Metadata.Uid!, node ?? "")];
        return facts.Target is { IsFinished: false } target ? pods.With(target.Metadata.Uid!, target.Spec?.NodeName ?? "") : pods;
    }

    private static (string Phase, string? Reason) Phase(InstanceFacts facts)
    {
        var deleting = facts.Instance.Metadata.IsDeleting;
        switch (facts.Guest)
        {
            case { IsRunning: true }:
                return ("Running", null);
            case { Phase: GuestPhase.ShutDown }:
                return ("Succeeded", null);
            case { Phase: GuestPhase.Crashed } crashed:
                return deleting ? ("Succeeded", null) : ("Failed", crashed.End ?? "the guest's process ended");
        }
        if (facts.Phase == "Running")
            return deleting ? ("Succeeded", null) : ("Failed", "the guest is gone; nobody saw how it ended");
        return facts.Launcher switch
        {
            null when deleting => (facts.Phase ?? "Pending", null),
            null when Begun.Contains(facts.Phase) => ("Failed", "the launcher pod is gone"),
            null => ("Pending", null),
            { IsFinished: true } => ("Failed", $"the launcher pod ended: {facts.Launcher.Status?.Phase}"),
            _ when facts.LauncherIsReady => ("Scheduled", null),
            _ => (facts.Phase is "Scheduled" ? "Scheduled" : "Scheduling", null),
        };
    }

    private static EquatableArray<VmInterfaceStatus>? WithAddresses(InstanceFacts facts, EquatableArray<VmInterfaceStatus>? interfaces)
    {
        if (interfaces is null || facts.Launcher?.Status?.PodIP is not { } address)
            return interfaces;
        EquatableArray<string> all = [.. (facts.Launcher.Status.PodIPs ?? [new PodAddress(address)]).Select(each => each.Ip)];
        return [.. interfaces.Value.Select(each => each with { IpAddress = address, IpAddresses = all })];
    }

    private static EquatableArray<StatusCondition> ConditionsOf(InstanceFacts facts, string phase)
    {
        EquatableArray<StatusCondition>? conditions = facts.Instance.Status?.Conditions;
        var unscheduled = facts.Launcher?.Status?.Conditions.Find("PodScheduled") is { Status: StatusConditions.False } scheduled ? scheduled : null;
        conditions = unscheduled is null
            ? conditions.Without("PodScheduled")
            : conditions.With("PodScheduled", holds: false, facts.Now, unscheduled.Reason, unscheduled.Message);
        var refusal = InterfaceSupport.Refusal(facts.Instance.Spec);
        conditions = refusal is null
            ? conditions.Without("Synchronized")
            : conditions.With("Synchronized", holds: false, facts.Now, "UnsupportedInterface", refusal);
        var bound = MigrationSupport.Refusal(facts.Instance);
        conditions = conditions.With("LiveMigratable", bound is null, facts.Now, bound is null ? null : "InterfaceNotLiveMigratable", bound);
        var (reason, message) = WhyNotReady(facts, phase, refusal);
        return conditions.With("Ready", reason is null, facts.Now, reason, message);
    }

    private static (string? Reason, string? Message) WhyNotReady(InstanceFacts facts, string phase, string? refusal)
    {
        if (facts.Instance.Metadata.IsDeleting || facts.Launcher?.Metadata.IsDeleting == true)
            return ("PodTerminating", "the instance is shutting down");
        if (refusal is not null)
            return ("UnsupportedInterface", refusal);
        if (phase != "Running" || facts.Guest is not { } guest)
            return ("GuestNotRunning", $"the guest does not run: the instance is {phase}");
        if (guest.Phase == GuestPhase.Up || VmInterfaces.Of(facts.Instance.Spec).IsEmpty)
            return (null, null);
        return facts.Now - guest.StartedAt < facts.GuestDeadline
            ? ("GuestBooting", "the guest boots and has not said yet that its network is up")
            : ("GuestNetworkSilent", $"the guest did not say within {facts.GuestDeadline.TotalSeconds:0} s that its network is up: look at its console and at its Nic");
    }
}
