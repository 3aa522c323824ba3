using Fabric.Primitives;
using Fabric.Resources.Core;
using Lab.Cluster.Reconciling;

namespace Lab.Cluster.Scheduling;

/// <summary>Chooses the node for a pod: of those that fit, the one with the fewest pods, then the first by name.</summary>
internal static class Placement
{
    /// <param name="pod">The pod.</param>
    /// <param name="nodes">All nodes.</param>
    /// <param name="others">All pods, of which some may keep it off their node.</param>
    /// <param name="load">Pods on a node that have not ended.</param>
    /// <returns>The node's name, or why none fits, in kube-scheduler's words.</returns>
    public static (string? Node, string Why) Choose(Pod pod, IReadOnlyList<Node> nodes, IReadOnlyList<Pod> others, Func<string, int> load)
    {
        var avoided = PodAntiAffinity.NodesAvoidedBy(pod, others);
        var judged = nodes.Select(node => (Node: node, Objection: Objection(pod, node, avoided))).ToArray();
        var fitting = judged.Where(each => each.Objection is null).Select(each => each.Node.Metadata.Name!).ToArray();
        if (fitting.Length > 0)
            return (fitting.Order(StringComparer.Ordinal).MinBy(load), "");
        if (nodes.Count == 0)
            return (null, "no nodes available to schedule pods");
        var reasons = judged.GroupBy(each => each.Objection!, StringComparer.Ordinal).Select(each => $"{each.Count()} {each.Key}").Order(StringComparer.Ordinal);
        return (null, $"0/{nodes.Count} nodes are available: {string.Join(", ", reasons)}.");
    }

    private static string? Objection(Pod pod, Node node, IReadOnlySet<string> avoided)
    {
        if (node.Spec?.Unschedulable == true)
            return "node(s) were unschedulable";
        if (!node.Status?.Conditions.IsTrue("Ready") ?? true)
            return "node(s) were not ready";
        EquatableMap<string, string> labels = node.Metadata.Labels ?? [];
        var fits = (pod.Spec?.NodeSelector ?? []).All(wanted => labels.GetValueOrDefault(wanted.Key) == wanted.Value);
        if (!fits)
            return "node(s) didn't match Pod's node affinity/selector";
        return avoided.Contains(node.Metadata.Name!) ? "node(s) didn't match pod anti-affinity rules" : null;
    }
}
