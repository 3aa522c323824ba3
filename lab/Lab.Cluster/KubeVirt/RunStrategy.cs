using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>When a VM's instance is there (kubevirt.io/v1 <c>runStrategy</c>).</summary>
internal enum RunStrategy
{
    /// <summary>Not one the lab knows: nothing is started or stopped.</summary>
    Unknown,

    /// <summary>Always; one that ended is made again.</summary>
    Always,

    /// <summary>Until its guest shuts down; one that failed is made again.</summary>
    RerunOnFailure,

    /// <summary>As <c>status.stateChangeRequests</c> asks.</summary>
    Manual,

    /// <summary>One time.</summary>
    Once,

    /// <summary>Not at all.</summary>
    Halted,
}

/// <summary>Reads a VM's run strategy.</summary>
internal static class RunStrategies
{
    /// <summary>The strategy, also from the older <c>running</c>; KubeVirt allows exactly one of the two.</summary>
    public static RunStrategy Of(VirtualMachineSpec spec) => (spec.RunStrategy, spec.Running) switch
    {
        ({ } name, null) => Enum.TryParse<RunStrategy>(name, out var strategy) && Enum.IsDefined(strategy) && strategy.ToString() == name ? strategy : RunStrategy.Unknown,
        (null, true) => RunStrategy.Always,
        (null, false) => RunStrategy.Halted,
        _ => RunStrategy.Unknown,
    };
}
