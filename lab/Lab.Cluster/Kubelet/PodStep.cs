using Fabric.Resources.Core;

namespace Lab.Cluster.Kubelet;

/// <summary>The one next thing to do for a pod; afterwards the runtime is asked again and decided anew.</summary>
internal abstract record PodStep
{
    /// <summary>Nothing until something changes, or until a time has passed.</summary>
    public sealed record Rest(TimeSpan? Again = null) : PodStep;

    /// <summary>Make the sandbox.</summary>
    public sealed record RunSandbox(int Attempt) : PodStep;

    /// <summary>Take the sandbox's network down, keep what can be looked at.</summary>
    public sealed record StopSandbox(string Id) : PodStep;

    /// <summary>Stop and remove the sandbox.</summary>
    public sealed record RemoveSandbox(string Id) : PodStep;

    /// <summary>Make and start a container.</summary>
    public sealed record StartContainer(string SandboxId, PodContainer Container, int Attempt) : PodStep;

    /// <summary>Ask running containers to end, all at the same time.</summary>
    public sealed record StopContainers(IReadOnlyList<(string Id, string Name)> Containers, TimeSpan Grace) : PodStep;

    /// <summary>Remove a container that ended or never started.</summary>
    public sealed record RemoveContainer(string Id) : PodStep;

    /// <summary>Nothing of the pod is left on the node: let its object go.</summary>
    public sealed record DeletePod : PodStep;
}
