using Fabric.Primitives;
using Fabric.Resources.Core;
using Lab.Cluster.Sandboxes;

namespace Lab.Cluster.Kubelet;

/// <summary>Everything a kubelet decides on: what is wanted, what runs, and the time.</summary>
internal sealed record PodFacts
{
    public required Pod Pod { get; init; }

    /// <summary>The sandboxes made for this very pod.</summary>
    public required IReadOnlyList<Sandbox> Sandboxes { get; init; }

    public required string HostAddress { get; init; }

    public required DateTimeOffset Now { get; init; }

    public Sandbox? Current => Sandboxes.MaxBy(each => each.Attempt);

    public EquatableArray<PodContainer> InitContainers => Pod.Spec?.InitContainers ?? [];

    public EquatableArray<PodContainer> Containers => Pod.Spec?.Containers ?? [];

    public string RestartPolicy => Pod.Spec?.RestartPolicy ?? "Always";

    /// <summary>The newest container of a name in the current sandbox.</summary>
    public SandboxContainer? Newest(PodContainer container) =>
        Current?.Containers.Where(each => each.Name == container.Name).MaxBy(each => each.Attempt);

    /// <summary>Whether a container that ended so is to be started again.</summary>
    public bool Restarts(SandboxContainer ended, bool isInit) => RestartPolicy switch
    {
        "Never" => false,
        "OnFailure" => ended.ExitCode != 0,
        _ => !isInit || ended.ExitCode != 0,
    };

    /// <summary>Whether all init containers have done their work; once a container was started, they have.</summary>
    public bool IsInitialized =>
        Containers.Any(each => Newest(each) is not null)
        || InitContainers.All(each => Newest(each) is { Phase: ContainerPhase.Exited, ExitCode: 0 });

    /// <summary>Whether nothing of the pod will ever run again.</summary>
    public bool HasEnded =>
        InitContainers.Any(each => !IsInitialized && Newest(each) is { Phase: ContainerPhase.Exited, ExitCode: not 0 } ended && !Restarts(ended, isInit: true))
        || (!Containers.IsEmpty && Containers.All(each => Newest(each) is { Phase: ContainerPhase.Exited } ended && !Restarts(ended, isInit: false)));
}
