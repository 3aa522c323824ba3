using System.Text.Json;
using Fabric.Resources.Core;

namespace Lab.Cluster.Kubelet;

/// <summary>What of a pod the lab does not honour, one statement a kind, for events.</summary>
internal static class PodLimits
{
    private static readonly string[] Probes = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];

    public static IEnumerable<(string Reason, string Message)> Of(Pod pod)
    {
        var spec = pod.Spec ?? new PodSpec();
        var containers = (spec.InitContainers ?? []).Concat(spec.Containers ?? []).ToArray();
        foreach (var image in containers.GroupBy(each => each.Image ?? "", StringComparer.Ordinal))
        {
            var idle = image.Any(each => each.Command is null or { IsEmpty: true });
            yield return ("ImageReplaced", $"The lab's own busybox image stands in for \"{image.Key}\"{(idle ? "; a container that names no command answers on TCP port 7 with what it is sent" : "")}");
        }
        if (Names(containers.SelectMany(ContainerCommand.Unknown)) is { Length: > 0 } variables)
            yield return ("VariableIgnored", $"The lab has no config maps, secrets and resource fields: empty in it are {variables}");
        if (spec.Unknown?.GetValueOrDefault("volumes") is { ValueKind: JsonValueKind.Array } volumes && volumes.GetArrayLength() > 0)
            yield return ("VolumeIgnored", $"The lab mounts no volumes: without {Names(volumes.EnumerateArray().Select(NameOf))}");
        if (Names(Probes.Where(probe => containers.Any(each => each.Unknown?.ContainsKey(probe) == true))) is { Length: > 0 } probes)
            yield return ("ProbeIgnored", $"The lab runs no probes and hooks: a container that runs is ready. Passed over: {probes}");
    }

    private static string NameOf(JsonElement volume) => volume.TryGetProperty("name", out var name) ? name.GetString() ?? "" : "";

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Distinct(StringComparer.Ordinal));
}
