using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>The pod that a guest runs in.</summary>
internal static class LauncherObject
{
    /// <summary>The container that holds the guest.</summary>
    public const string Container = "compute";

    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The launcher gets this much longer than its guest, as in KubeVirt, in seconds.</summary>
    private const long GracePadding = 15;

    /// <summary>KubeVirt's default, in seconds.</summary>
    private const long DefaultGrace = 30;

    // While a guest runs, the launcher does not end on SIGTERM: whoever runs the guest shuts it down and then says how it
    // ended, to process 1. (The shell's own number, two dollar signs, would be taken for an escape by Kubernetes.)
    private const string Script = """
        mkdir -p /run
        trap 'test -e /run/guest || exit 0' TERM
        trap 'exit 0' USR1
        trap 'exit 1' USR2
        while :; do sleep 3600 & wait $!; done
        """;

    /// <summary>Run in the launcher before a guest starts in it.</summary>
    public static IReadOnlyList<string> Hold { get; } = ["/bin/sh", "-c", "touch /run/guest"];

    /// <summary>Run in the launcher when its guest has ended.</summary>
    public static IReadOnlyList<string> End(bool succeeded) => ["/bin/sh", "-c", $"kill -{(succeeded ? "USR1" : "USR2")} 1"];

    /// <summary>How long the guest may take to shut down.</summary>
    public static TimeSpan Grace(VirtualMachineInstance instance) => TimeSpan.FromSeconds(instance.Spec.TerminationGracePeriodSeconds ?? DefaultGrace);

    /// <summary>
    /// <c>virt-launcher-INSTANCE-xxxxx</c>. The suffix follows from the instance's uid, so that a launcher which was made just
    /// before a crash, or is not in the cache yet, is met again and not made twice.
    /// </summary>
    public static string Name(VirtualMachineInstance instance) => Name(instance, instance.Metadata.Uid);

    /// <summary>As <see cref="Name(VirtualMachineInstance)"/>, of the launcher that a migration goes to.</summary>
    public static string Name(VirtualMachineInstance instance, VirtualMachineInstanceMigration migration) => Name(instance, migration.Metadata.Uid);

    private static string Name(VirtualMachineInstance instance, string? uid)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(uid ?? ""));
        var suffix = string.Concat(hash.Take(5).Select(each => Letters[each % Letters.Length]));
        return $"virt-launcher-{instance.Metadata.Name}-{suffix}";
    }

    /// <summary>The pod to create.</summary>
    public static Pod For(VirtualMachineInstance instance)
    {
        var meta = instance.Metadata;
        var hostname = instance.Spec.Hostname ?? meta.Name!;
        return new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = Name(instance),
                Namespace = meta.Namespace,
                Labels = (meta.Labels ?? [])
                    .With(KubeVirtApi.RoleLabel, KubeVirtApi.LauncherRole)
                    .With(KubeVirtApi.CreatedByLabel, meta.Uid!)
                    .With(KubeVirtApi.InstanceIdLabel, LauncherPod.InstanceId(meta.Name!)),
                Annotations = (meta.Annotations ?? []).Without(LastApplied).With(KubeVirtApi.DomainAnnotation, meta.Name!),
                OwnerReferences = [OwnerOf(instance, instance.Kind!)],
            },
            Spec = new PodSpec
            {
                RestartPolicy = "Never",
                Hostname = hostname.Length <= 63 && !hostname.Contains('.', StringComparison.Ordinal) ? hostname : null,
                NodeSelector = (instance.Spec.NodeSelector ?? []).With("kubevirt.io/schedulable", "true"),
                TerminationGracePeriodSeconds = (long)Grace(instance).TotalSeconds + GracePadding,
                Containers = [new PodContainer { Name = Container, Image = KubeVirtApi.LauncherRole, Command = ["/bin/sh", "-c", Script] }],
                Unknown = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["automountServiceAccountToken"] = JsonElement.Parse("false") },
            },
        };
    }

    /// <summary>The pod that a migration goes to: on another node than the instance's other pods.</summary>
    public static Pod TargetFor(VirtualMachineInstance instance, VirtualMachineInstanceMigration migration)
    {
        var pod = For(instance);
        var affinity = $$$"""
            {"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
              {"labelSelector":{"matchLabels":{"{{{KubeVirtApi.CreatedByLabel}}}":"{{{instance.Metadata.Uid}}}"}},"topologyKey":"kubernetes.io/hostname"}]}}
            """;
        return pod with
        {
            Metadata = pod.Metadata with
            {
                Name = Name(instance, migration),
                Labels = pod.Metadata.Labels!.Value.With(KubeVirtApi.MigrationJobLabel, migration.Metadata.Uid!),
                Annotations = pod.Metadata.Annotations!.Value.With(KubeVirtApi.MigrationNameAnnotation, migration.Metadata.Name!),
            },
            Spec = pod.Spec! with
            {
                NodeSelector = (migration.Spec.AddedNodeSelector ?? []).Aggregate(pod.Spec.NodeSelector!.Value, (all, label) => all.With(label.Key, label.Value)),
                Unknown = new Dictionary<string, JsonElement>(pod.Spec.Unknown!, StringComparer.Ordinal) { ["affinity"] = JsonElement.Parse(affinity) },
            },
        };
    }

    /// <summary>A reference that makes the object follow its controller.</summary>
    public static OwnerReference OwnerOf(IKubeObject owner, string kind) => new()
    {
        ApiVersion = KubeVirtApi.ApiVersion,
        Kind = kind,
        Name = owner.Metadata.Name!,
        Uid = owner.Metadata.Uid!,
        Controller = true,
        BlockOwnerDeletion = true,
    };
}
