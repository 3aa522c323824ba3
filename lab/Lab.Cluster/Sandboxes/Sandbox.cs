using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Lab.Cluster.Sandboxes;

/// <summary>Which pod a sandbox belongs to; another pod of the same name has another uid.</summary>
public sealed record PodIdentity(string Namespace, string Name, string Uid)
{
    /// <summary>The pod's key.</summary>
    public ObjectKey Key => new(Namespace, Name);
}

/// <summary>A sandbox as its runtime sees it.</summary>
public sealed record Sandbox
{
    /// <summary>The runtime's id.</summary>
    public required string Id { get; init; }

    /// <summary>The pod it was made for.</summary>
    public required PodIdentity Pod { get; init; }

    /// <summary>Which one of the pod it is, from 0.</summary>
    public required int Attempt { get; init; }

    /// <summary>Whether its network is up; false once it was stopped or broke.</summary>
    public required bool IsReady { get; init; }

    /// <summary>Whether its network is still to be taken down, by stopping it once more: the runtime could not when its processes ended.</summary>
    public bool IsHalfStopped { get; init; }

    /// <summary>Path of its network namespace; null when it shares the node's or has been stopped.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The addresses CNI gave it; the first is the pod's own.</summary>
    public EquatableArray<string> Addresses { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its containers, running or ended, in no order.</summary>
    public EquatableArray<SandboxContainer> Containers { get; init; }
}

/// <summary>How far a container is.</summary>
public enum ContainerPhase
{
    /// <summary>It was made and not started, as after a crash between the two.</summary>
    Created,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It has ended.</summary>
    Exited,
}

/// <summary>A container as its runtime sees it.</summary>
public sealed record SandboxContainer
{
    /// <summary>The runtime's id.</summary>
    public required string Id { get; init; }

    /// <summary>The container's name in the pod.</summary>
    public required string Name { get; init; }

    /// <summary>How many containers of this name the pod had before.</summary>
    public required int Attempt { get; init; }

    /// <summary>How far it is.</summary>
    public required ContainerPhase Phase { get; init; }

    /// <summary>When it started, or null.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The exit code, once it has ended.</summary>
    public int ExitCode { get; init; }

    /// <summary>The runtime's word for how it ended, such as <c>Completed</c>, <c>Error</c> or <c>OOMKilled</c>.</summary>
    public string? Reason { get; init; }
}

/// <summary>A sandbox to make.</summary>
public sealed record SandboxWish
{
    /// <summary>The pod it is for.</summary>
    public required PodIdentity Pod { get; init; }

    /// <summary>Which one of the pod it is, from 0.</summary>
    public required int Attempt { get; init; }

    /// <summary>The host name inside.</summary>
    public required string Hostname { get; init; }

    /// <summary>Whether it shares the node's network; then CNI is not called.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>Those of its ports that a port of the node is to lead to.</summary>
    public EquatableArray<ContainerPort> HostPorts { get; init; }

    /// <summary>The pod's labels.</summary>
    public EquatableMap<string, string> Labels { get; init; }

    /// <summary>The pod's annotations.</summary>
    public EquatableMap<string, string> Annotations { get; init; }
}

/// <summary>A container to make. Its image is the lab's own, whatever the pod names.</summary>
public sealed record ContainerWish
{
    /// <summary>Its name in the pod.</summary>
    public required string Name { get; init; }

    /// <summary>How many containers of this name the pod had before.</summary>
    public required int Attempt { get; init; }

    /// <summary>The entry point in place of the image's; empty for the image's.</summary>
    public EquatableArray<string> Command { get; init; }

    /// <summary>The entry point's arguments in place of the image's; empty for the image's.</summary>
    public EquatableArray<string> Arguments { get; init; }

    /// <summary>Linux capabilities beyond the runtime's usual ones, without <c>CAP_</c>.</summary>
    public EquatableArray<string> Capabilities { get; init; }

    /// <summary>The environment.</summary>
    public EquatableMap<string, string> Environment { get; init; }

    /// <summary>The working folder; null for the image's.</summary>
    public string? WorkingDirectory { get; init; }
}
