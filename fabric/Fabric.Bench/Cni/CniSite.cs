using Fabric.Resources.Core;

namespace Fabric.Bench.Cni;

/// <summary>Where plugins are measured, and with what.</summary>
/// <param name="Run">Where results go.</param>
/// <param name="Node">The node.</param>
/// <param name="Calls">Calls plugins on the node.</param>
/// <param name="Sandboxes">Makes sandboxes.</param>
/// <param name="Fabric">Fabric's plugin.</param>
/// <param name="Others">Those that it is compared with.</param>
internal sealed record CniSite(BenchRun Run, BenchNode Node, PluginCall Calls, Sandboxes Sandboxes, PluginKind Fabric, IReadOnlyList<PluginKind> Others)
{
    private int _pods;
    private int _containers;

    /// <summary>Pods of the node to make, each with a name of its own.</summary>
    internal IReadOnlyList<Pod> NewPods(int count) => [.. Enumerable.Range(0, count).Select(_ => CniNetwork.PodOn(Node.Name, $"pod-{_pods++}"))];

    /// <summary>What a runtime would call a plugin for, for a pod in a sandbox.</summary>
    internal PluginTarget TargetOf(Pod pod, string netns) => new($"container-{_containers++}", netns, pod.Metadata.Name!, pod.Metadata.Uid!);
}
