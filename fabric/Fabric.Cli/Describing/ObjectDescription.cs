using System.Text.Json.Nodes;
using Fabric.ApiServer.Printing;
using Fabric.Cli.Api;
using Fabric.Cli.Output;

namespace Fabric.Cli.Describing;

/// <summary>An object for reading: who it is, what is wished, what is so, its conditions and what happened to it.</summary>
internal sealed class ObjectDescription(TextWriter output, DateTimeOffset now)
{
    /// <summary>Fields of metadata that are shown in a form of their own or say nothing to people.</summary>
    private static readonly HashSet<string> ShownOtherwise = new(StringComparer.Ordinal) { "apiVersion", "kind", "metadata", "status" };

    /// <param name="kind">The object's kind.</param>
    /// <param name="described">The object.</param>
    /// <param name="events">Its events in any order; null when they may not be read.</param>
    public void Write(ApiKind kind, JsonObject described, IReadOnlyList<JsonObject>? events)
    {
        WriteMetadata(kind, described["metadata"] as JsonObject ?? []);
        foreach (var (name, value) in described)
        {
            if (!ShownOtherwise.Contains(name))
                WriteSection(name, value);
        }

        var status = (described["status"] as JsonObject)?.DeepClone() as JsonObject ?? [];
        var conditions = status["conditions"] as JsonArray;
        status.Remove("conditions");
        if (status.Count > 0)
            WriteSection("status", status);
        if (conditions is { Count: > 0 })
            WriteConditions([.. conditions.OfType<JsonObject>()]);
        WriteEvents(events);
    }

    private void WriteMetadata(ApiKind kind, JsonObject metadata)
    {
        List<(string Name, IReadOnlyList<string> Lines)> rows = [("Name", [metadata.TextAt("name") ?? ""])];
        if (kind.Namespaced)
            rows.Add(("Namespace", [metadata.TextAt("namespace") ?? ""]));
        rows.Add(("Kind", [$"{kind.Kind} ({kind.ApiVersion})"]));
        rows.Add(("Labels", Pairs(metadata["labels"])));
        rows.Add(("Annotations", Pairs(metadata["annotations"])));
        rows.Add(("Created", [Moment(metadata.TextAt("creationTimestamp"))]));
        if (metadata.TextAt("deletionTimestamp") is { } deletion)
            rows.Add(("Being deleted", [$"since {Moment(deletion)}"]));
        if (metadata["finalizers"] is JsonArray { Count: > 0 } finalizers)
            rows.Add(("Held by", [.. finalizers.Select(each => each?.ToString() ?? "")]));
        if (metadata["ownerReferences"] is JsonArray { Count: > 0 } owners)
            rows.Add(("Owned by", [.. owners.Select(owner => $"{owner.TextAt("kind")} {owner.TextAt("name")}")]));
        var width = rows.Max(row => row.Name.Length) + 3;
        foreach (var (name, lines) in rows)
        {
            for (var i = 0; i < lines.Count; i++)
                output.WriteLine((i == 0 ? name + ":" : "").PadRight(width) + Printable.Line(lines[i]));
        }
    }

    private void WriteSection(string name, JsonNode? value)
    {
        output.WriteLine($"{char.ToUpperInvariant(name[0])}{name[1..]}:");
        new FieldsText(output).Write(value, 1);
    }

    private void WriteConditions(IReadOnlyList<JsonObject> conditions)
    {
        output.WriteLine("Conditions:");
        WriteTable(
            ["TYPE", "STATUS", "REASON", "AGE", "MESSAGE"],
            [.. conditions.Select(each => Row(each.TextAt("type"), each.TextAt("status"), each.TextAt("reason"), AgeOf(each.TextAt("lastTransitionTime")), each.TextAt("message")))]);
    }

    private void WriteEvents(IReadOnlyList<JsonObject>? events)
    {
        if (events is not { Count: > 0 })
        {
            output.WriteLine(events is null ? "Events:  <they may not be read>" : "Events:  <none>");
            return;
        }

        output.WriteLine("Events:");
        WriteTable(
            ["AGE", "TYPE", "REASON", "FROM", "COUNT", "MESSAGE"],
            [
                .. events.OrderBy(TimeOf, StringComparer.Ordinal).Select(each => Row(
                    AgeOf(TimeOf(each)), each.TextAt("type"), each.TextAt("reason"),
                    each.TextAt("source", "component") ?? each.TextAt("reportingComponent"), each["count"]?.ToString() ?? "1", each.TextAt("message"))),
            ]);
    }

    private void WriteTable(string[] header, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new TableText([.. header.Select(name => new TableColumn(name, name == "COUNT"))]).Write(text, rows, header: true);
        foreach (var line in text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            output.WriteLine($"  {line}");
    }

    private static string[] Row(params string?[] cells) => [.. cells.Select(cell => string.IsNullOrEmpty(cell) ? "<none>" : Printable.Line(cell))];

    private static IReadOnlyList<string> Pairs(JsonNode? map) =>
        map is JsonObject { Count: > 0 } pairs ? [.. pairs.Select(pair => $"{pair.Key}={pair.Value}")] : ["<none>"];

    /// <summary>When an event was last seen; sorts as text, because Kubernetes writes all times in UTC.</summary>
    private static string TimeOf(JsonObject entry) =>
        entry.TextAt("lastTimestamp") ?? entry.TextAt("eventTime") ?? entry.TextAt("metadata", "creationTimestamp") ?? "";

    private string Moment(string? time) => time is null ? "<unknown>" : $"{time} ({AgeOf(time)} ago)";

    private string AgeOf(string? time) => Age.Since(time, now);
}
