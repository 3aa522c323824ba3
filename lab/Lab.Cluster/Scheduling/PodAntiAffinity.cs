using System.Text.Json;
using Fabric.Resources.Core;

namespace Lab.Cluster.Scheduling;

/// <summary>What a pod says of pods that it must not share a node with: required terms by labels, of a node each (core/v1 PodAntiAffinity).</summary>
internal static class PodAntiAffinity
{
    private const string Hostname = "kubernetes.io/hostname";

    /// <summary>The nodes that have a pod which has not ended and which the pod avoids.</summary>
    public static IReadOnlySet<string> NodesAvoidedBy(Pod pod, IReadOnlyList<Pod> others)
    {
        var terms = TermsOf(pod).ToArray();
        return others
            .Where(other => other.Metadata.Uid != pod.Metadata.Uid && other.Metadata.Namespace == pod.Metadata.Namespace && !other.IsFinished)
            .Where(other => terms.Any(term => term.All(label => other.Metadata.Label(label.Key) == label.Value)))
            .Select(other => other.Spec?.NodeName ?? "")
            .ToHashSet(StringComparer.Ordinal);
    }

    private static IEnumerable<Dictionary<string, string>> TermsOf(Pod pod)
    {
        if (pod.Spec?.Unknown?.GetValueOrDefault("affinity") is not { ValueKind: JsonValueKind.Object } affinity
            || !affinity.TryGetProperty("podAntiAffinity", out var anti)
            || !anti.TryGetProperty("requiredDuringSchedulingIgnoredDuringExecution", out var terms)
            || terms.ValueKind != JsonValueKind.Array)
            yield break;
        foreach (var term in terms.EnumerateArray())
        {
            if (term.TryGetProperty("topologyKey", out var key) && key.ValueEquals(Hostname)
                && term.TryGetProperty("labelSelector", out var selector) && selector.TryGetProperty("matchLabels", out var labels))
                yield return labels.EnumerateObject().ToDictionary(label => label.Name, label => label.Value.ToString(), StringComparer.Ordinal);
        }
    }
}
