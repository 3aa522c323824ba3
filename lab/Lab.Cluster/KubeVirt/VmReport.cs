using Fabric.Primitives;
using Fabric.Resources.Core;
using Lab.Cluster.Reconciling;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>The status that KubeVirt reports of a VM.</summary>
internal static class VmReport
{
    /// <summary>The status as it should read; what other writers put there is kept.</summary>
    public static VirtualMachineStatus Of(VmFacts facts)
    {
        var memory = Remember(facts);
        var status = memory.WriteTo(facts.Vm.Status ?? new VirtualMachineStatus());
        facts = facts with { Vm = facts.Vm with { Status = status } };
        var ready = facts.Instance?.Status?.Conditions.Find("Ready");
        return status with
        {
            Created = facts.Instance is not null,
            Ready = ready?.Status == StatusConditions.True,
            PrintableStatus = Printable(facts),
            ObservedGeneration = facts.Vm.Metadata.Generation,
            Conditions = ConditionsOf(facts, ready),
        };
    }

    private static VmHistory Remember(VmFacts facts)
    {
        var memory = facts.Memory;
        if (facts.Instance is not { } instance)
            return memory with
            {
                Applied = facts.Strategy is RunStrategy.Once or RunStrategy.RerunOnFailure ? memory.Applied : facts.Strategy,
                Failure = facts.Strategy == RunStrategy.Halted ? null : memory.Failure,
                Request = memory.Request == "Stop" ? null : memory.Request,
            };
        memory = memory with
        {
            Applied = facts.Strategy,
            Request = memory.Request == "Start" && !instance.IsFinished ? null : memory.Request,
        };
        if (instance.Status?.Conditions.IsTrue("Ready") == true)
            return memory with { Failure = null };
        if (instance.Status?.Phase != "Failed" || memory.Failure?.LastFailedVMIUID == instance.Metadata.Uid)
            return memory;
        var count = (memory.Failure?.ConsecutiveFailCount ?? 0) + 1;
        return memory with
        {
            Failure = new StartFailure
            {
                ConsecutiveFailCount = count,
                LastFailedVMIUID = instance.Metadata.Uid,
                RetryAfterTimestamp = facts.Now + Wait(count),
            },
        };
    }

    /// <summary>10 s after the first failure, growing with the square of their number up to 5 min.</summary>
    private static TimeSpan Wait(int failures) => TimeSpan.FromSeconds(Math.Min(10L * failures * failures, 300));

    private static string Printable(VmFacts facts)
    {
        if (facts.Vm.Metadata.IsDeleting)
            return "Terminating";
        var failing = facts.Memory.Failure is not null && facts.Strategy is RunStrategy.Always or RunStrategy.RerunOnFailure;
        if (facts.Instance is not { } instance)
            return failing ? "CrashLoopBackOff" : facts.IsNameTaken || !VmDecision.IsWanted(facts) ? "Stopped" : "Starting";
        if (instance.Metadata.IsDeleting)
            return failing ? "CrashLoopBackOff" : "Stopping";
        return instance.Status?.Phase switch
        {
            "Running" => "Running",
            "Failed" when failing => "CrashLoopBackOff",
            "Succeeded" or "Failed" => "Stopped",
            _ when instance.Status?.Conditions.Find("PodScheduled")?.Status == StatusConditions.False => "ErrorUnschedulable",
            _ => "Starting",
        };
    }

    private static EquatableArray<StatusCondition> ConditionsOf(VmFacts facts, StatusCondition? ready)
    {
        var known = facts.Vm.Status?.Conditions;
        EquatableArray<StatusCondition>? conditions = ready is null
            ? known.With("Ready", holds: false, facts.Now, "VMINotExists", facts.Instance is null ? "VMI does not exist" : "VMI has no Ready condition yet")
            : known.With("Ready", ready.Status == StatusConditions.True, facts.Now, ready.Reason, ready.Message);
        return Trouble(facts) is var (reason, message)
            ? conditions.With("Failure", holds: true, facts.Now, reason, message)
            : conditions.Without("Failure");
    }

    private static (string Reason, string Message)? Trouble(VmFacts facts)
    {
        if (facts.IsNameTaken)
            return ("FailedCreate", $"a VirtualMachineInstance {facts.Vm.Metadata.Name} that does not belong to this VirtualMachine is there already: delete it, or rename one of the two");
        if (facts.Strategy == RunStrategy.Unknown)
            return ("UnknownRunStrategy", $"runStrategy \"{facts.Vm.Spec.RunStrategy}\" with running \"{facts.Vm.Spec.Running}\": give one of the two; runStrategy is Always, RerunOnFailure, Manual, Once or Halted");
        return null;
    }
}
