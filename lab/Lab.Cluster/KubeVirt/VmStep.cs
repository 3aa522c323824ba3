namespace Lab.Cluster.KubeVirt;

/// <summary>The one next thing to do for a VM.</summary>
internal abstract record VmStep
{
    /// <summary>Nothing until something changes, or until a time has passed.</summary>
    public sealed record Rest(TimeSpan? Again = null) : VmStep;

    /// <summary>Hold the VM until its instance is gone.</summary>
    public sealed record AddFinalizer : VmStep;

    /// <summary>Make the instance.</summary>
    public sealed record CreateInstance : VmStep;

    /// <summary>Delete the instance.</summary>
    public sealed record DeleteInstance : VmStep;

    /// <summary>Nothing of the VM is left: let its object go.</summary>
    public sealed record RemoveFinalizer : VmStep;
}
