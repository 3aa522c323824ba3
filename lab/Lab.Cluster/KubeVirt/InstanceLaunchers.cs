using Fabric.Resources.Core;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Tells the launcher pods of an instance apart, of which there are several while it migrates and afterwards.</summary>
internal sealed record InstanceLaunchers
{
    /// <summary>The one that the instance lives in, or null.</summary>
    public required Pod? Home { get; init; }

    /// <summary>The one that a migration goes to which is under way, or null.</summary>
    public required Pod? Target { get; init; }

    /// <summary>Those that have had their time, most of them ended.</summary>
    public required IReadOnlyList<Pod> Left { get; init; }

    /// <summary>The name of the launcher that the instance lives in.</summary>
    public static string HomeOf(VirtualMachineInstance instance) => instance.Status?.MigrationState switch
    {
        { HasSucceeded: true, TargetPod: { } target } => target,
        { SourcePod: { } source } => source,
        _ => LauncherObject.Name(instance),
    };

    /// <param name="instance">The instance.</param>
    /// <param name="pods">All pods of its namespace, or more.</param>
    /// <param name="hopeful">
    /// The uids of migrations that have not failed: of one that has succeeded the instance may not be known to say so yet, and its target
    /// has the guest.
    /// </param>
    public static InstanceLaunchers Of(VirtualMachineInstance instance, IEnumerable<Pod> pods, IReadOnlySet<string> hopeful)
    {
        var own = pods.Where(pod => pod.Metadata.Namespace == instance.Metadata.Namespace && pod.Metadata.Label(KubeVirtApi.CreatedByLabel) == instance.Metadata.Uid).ToArray();
        var name = HomeOf(instance);
        var home = own.FirstOrDefault(pod => pod.Metadata.Name == name);
        var left = instance.Status?.MigrationState is { HasSucceeded: true } state ? state.SourcePod : null;
        var target = own.Where(pod => pod != home && pod.Metadata.Name != left && pod.Metadata.Label(KubeVirtApi.MigrationJobLabel) is { } uid && hopeful.Contains(uid)
                && (home is null || pod.Metadata.CreationTimestamp >= home.Metadata.CreationTimestamp))
            .MaxBy(pod => pod.Metadata.CreationTimestamp);
        return new InstanceLaunchers { Home = home, Target = target, Left = [.. own.Where(pod => pod != home && pod != target)] };
    }
}
