using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Printing;

/// <summary>Cells that no JSONPath can express, by the name that a definition's <c>x-computed</c> gives.</summary>
internal static class ComputedColumns
{
    private const string None = "<none>";

    public static JsonNode? Compute(string name, JsonObject row, DateTimeOffset now) => name switch
    {
        "pod-ready" => PodReady(row),
        "pod-status" => PodStatus(row),
        "pod-restarts" => PodRestarts(row, now),
        "pod-ip" => OrNone(row.Dig("status", "podIP")),
        "pod-node" => OrNone(row.Dig("spec", "nodeName")),
        "pod-nominated-node" => OrNone(row.Dig("status", "nominatedNodeName")),
        "pod-readiness-gates" => ReadinessGates(row),
        "node-status" => NodeStatus(row),
        "node-roles" => NodeRoles(row),
        "event-last-seen" => EventLastSeen(row, now),
        "event-object" => $"{row.Dig("involvedObject", "kind").AsText()?.ToLowerInvariant()}/{row.Dig("involvedObject", "name").AsText()}",
        "pod-selector" => PodSelector(row),
        "data-count" => (row.ObjectAt("data")?.Count ?? 0) + (row.ObjectAt("binaryData")?.Count ?? 0),
        _ => throw new FormatException($"unknown computed column {name}"),
    };

    private static string PodReady(JsonObject pod)
    {
        var ready = ContainerStatuses(pod).Count(s => s.FlagAt("ready"));
        return $"{ready}/{(pod.Dig("spec", "containers") as JsonArray)?.Count ?? 0}";
    }

    /// <summary>The phase, unless a container or the deletion says more.</summary>
    private static string PodStatus(JsonObject pod)
    {
        var shown = pod.Dig("status", "reason").AsText() ?? pod.Dig("status", "phase").AsText() ?? "Unknown";
        foreach (var status in ContainerStatuses(pod).Reverse())
        {
            var waiting = status.Dig("state", "waiting", "reason").AsText();
            var ended = status.Dig("state", "terminated") as JsonObject;
            if (!string.IsNullOrEmpty(waiting)) shown = waiting;
            else if (ended is not null) shown = ended.TextAt("reason") is { Length: > 0 } reason ? reason : $"ExitCode:{ended.IntegerAt("exitCode")}";
        }

        if (pod.Dig("metadata", "deletionTimestamp") is null) return shown;
        return pod.Dig("status", "reason").AsText() == "NodeLost" ? "Unknown" : "Terminating";
    }

    private static string PodRestarts(JsonObject pod, DateTimeOffset now)
    {
        var restarts = ContainerStatuses(pod).Sum(s => s.IntegerAt("restartCount") ?? 0);
        var last = ContainerStatuses(pod).Select(s => s.Dig("lastState", "terminated", "finishedAt").AsText()).OfType<string>().Max(StringComparer.Ordinal);
        return restarts > 0 && last is not null ? $"{restarts} ({Age.Since(last, now)} ago)" : $"{restarts}";
    }

    private static string ReadinessGates(JsonObject pod)
    {
        if (pod.Dig("spec", "readinessGates") is not JsonArray { Count: > 0 } gates) return None;
        var conditions = (pod.Dig("status", "conditions") as JsonArray)?.OfType<JsonObject>().ToList() ?? [];
        var met = gates.OfType<JsonObject>().Count(g => conditions.Exists(c => c.TextAt("type") == g.TextAt("conditionType") && c.TextAt("status") == "True"));
        return $"{met}/{gates.Count}";
    }

    private static IEnumerable<JsonObject> ContainerStatuses(JsonObject pod)
        => (pod.Dig("status", "containerStatuses") as JsonArray)?.OfType<JsonObject>() ?? [];

    private static string NodeStatus(JsonObject node)
    {
        var ready = (node.Dig("status", "conditions") as JsonArray)?.OfType<JsonObject>().FirstOrDefault(c => c.TextAt("type") == "Ready")?.TextAt("status");
        var shown = ready switch { "True" => "Ready", null => "Unknown", _ => "NotReady" };
        return node.Dig("spec", "unschedulable") is JsonValue flag && flag.GetValueKind() == System.Text.Json.JsonValueKind.True ? shown + ",SchedulingDisabled" : shown;
    }

    private static string NodeRoles(JsonObject node)
    {
        const string Prefix = "node-role.kubernetes.io/";
        var roles = (node.Dig("metadata", "labels") as JsonObject)?.Select(l => l.Key).Where(k => k.StartsWith(Prefix, StringComparison.Ordinal)).Select(k => k[Prefix.Length..]).Order(StringComparer.Ordinal);
        return roles is not null && string.Join(',', roles) is { Length: > 0 } text ? text : None;
    }

    private static string EventLastSeen(JsonObject @event, DateTimeOffset now)
        => Age.Since(@event.Dig("series", "lastObservedTime").AsText() ?? @event.TextAt("lastTimestamp") ?? @event.TextAt("eventTime") ?? @event.TextAt("firstTimestamp"), now);

    /// <summary>As <c>kubectl</c>'s <c>-l</c> takes it.</summary>
    private static string PodSelector(JsonObject policy)
    {
        var selector = policy.Dig("spec", "podSelector") as JsonObject;
        var labels = (selector?.ObjectAt("matchLabels") ?? []).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value.AsText()}");
        var requirements = (selector?.ArrayAt("matchExpressions") ?? []).OfType<JsonObject>().Select(each =>
        {
            var values = string.Join(',', each.ArrayAt("values")?.Select(value => value.AsText()) ?? []);
            return each.TextAt("operator") switch
            {
                "In" => $"{each.TextAt("key")} in ({values})",
                "NotIn" => $"{each.TextAt("key")} notin ({values})",
                "Exists" => each.TextAt("key"),
                _ => $"!{each.TextAt("key")}",
            };
        });
        return string.Join(',', labels.Concat(requirements)) is { Length: > 0 } text ? text : None;
    }

    private static string OrNone(JsonNode? node) => node.AsText() is { Length: > 0 } text ? text : None;
}
