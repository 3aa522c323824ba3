namespace Lab.Cluster.KubeVirt;

/// <summary>What KubeVirt's VM controller does next.</summary>
internal static class VmDecision
{
    /// <summary>Holds a VM until its instance is gone.</summary>
    public const string Finalizer = "kubevirt.io/virtualMachineControllerFinalize";

    /// <summary>Decides one step on the facts after the status was reported. What is true after it is seen by deciding again.</summary>
    public static VmStep Decide(VmFacts facts)
    {
        var holds = facts.Vm.Metadata.HasFinalizer(Finalizer);
        if (facts.Vm.Metadata.IsDeleting)
        {
            if (facts.Instance is { } left)
                return left.Metadata.IsDeleting ? new VmStep.Rest() : new VmStep.DeleteInstance();
            return holds ? new VmStep.RemoveFinalizer() : new VmStep.Rest();
        }
        if (!holds)
            return new VmStep.AddFinalizer();
        if (facts.IsNameTaken)
            return new VmStep.Rest();
        if (facts.Instance is { } instance)
            return !instance.Metadata.IsDeleting && IsUnwanted(facts, instance.Status?.Phase) ? new VmStep.DeleteInstance() : new VmStep.Rest();
        if (!IsWanted(facts))
            return new VmStep.Rest();
        var wait = (facts.Memory.Failure?.RetryAfterTimestamp ?? facts.Now) - facts.Now;
        return wait > TimeSpan.Zero ? new VmStep.Rest(wait) : new VmStep.CreateInstance();
    }

    /// <summary>Whether an instance is to be made when there is none, once a wait after failures is over.</summary>
    public static bool IsWanted(VmFacts facts) => facts.Strategy switch
    {
        RunStrategy.Always => true,
        RunStrategy.RerunOnFailure => facts.Memory.Applied != RunStrategy.RerunOnFailure || facts.Memory.Failure is not null,
        RunStrategy.Once => facts.Memory.Applied != RunStrategy.Once,
        RunStrategy.Manual => facts.Memory.Request == "Start",
        _ => false,
    };

    /// <summary>Whether an instance that is there is to go.</summary>
    private static bool IsUnwanted(VmFacts facts, string? phase) => facts.Strategy switch
    {
        RunStrategy.Halted => true,
        RunStrategy.Always => phase is "Succeeded" or "Failed",
        RunStrategy.RerunOnFailure => phase is "Failed",
        RunStrategy.Manual => facts.Memory.Request == "Stop" || (facts.Memory.Request == "Start" && phase is "Succeeded" or "Failed"),
        _ => false,
    };
}
