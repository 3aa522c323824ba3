using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Output;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Listing;

/// <summary>Columns and rows as the server prints a kind: <c>meta.k8s.io/v1 Table</c>.</summary>
/// <param name="Columns">In order; empty in a watch's later events.</param>
/// <param name="Rows">In order.</param>
/// <param name="Version">The version that the table shows.</param>
/// <param name="Next">Where the next page begins, or null.</param>
internal sealed record ServerTable(IReadOnlyList<ServerColumn> Columns, IReadOnlyList<ServerRow> Rows, string Version, string? Next)
{
    /// <summary>What to ask the server for.</summary>
    public const string MediaType = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    /// <exception cref="CommandFailure">The server has no table for the kind.</exception>
    public static ServerTable Read(JsonObject json)
    {
        if (json.TextAt("kind") != "Table")
            throw new CommandFailure($"the server has no table for {json.TextAt("kind")}: choose -o yaml, json or name");
        return new ServerTable(
            [.. (json["columnDefinitions"] as JsonArray ?? []).OfType<JsonObject>().Select(ServerColumn.Read)],
            [.. (json["rows"] as JsonArray ?? []).OfType<JsonObject>().Select(ServerRow.Read)],
            json.TextAt("metadata", "resourceVersion") ?? "",
            json.TextAt("metadata", "continue") is { Length: > 0 } next ? next : null);
    }
}

/// <summary>A column of a server's table.</summary>
/// <param name="IsWide">Shown only when much is asked for.</param>
internal sealed record ServerColumn(string Name, bool IsNumber, bool IsWide)
{
    public static ServerColumn Read(JsonObject json) => new(
        Printable.Line(json.TextAt("name") ?? "").ToUpperInvariant(),
        json.TextAt("type") is "integer" or "number",
        json["priority"] is JsonValue value && value.TryGetValue<long>(out var priority) && priority > 0);
}

/// <summary>A row of a server's table.</summary>
/// <param name="Cells">As text, in the order of all columns.</param>
/// <param name="Namespace">Empty for objects of the cluster.</param>
/// <param name="Uid">The object's uid.</param>
/// <param name="Version">The object's version.</param>
internal sealed record ServerRow(IReadOnlyList<string> Cells, string Namespace, string Uid, string Version)
{
    public static ServerRow Read(JsonObject json) => new(
        [.. (json["cells"] as JsonArray ?? []).Select(TableText.Cell)],
        json.TextAt("object", "metadata", "namespace") ?? "",
        json.TextAt("object", "metadata", "uid") ?? "",
        json.TextAt("object", "metadata", "resourceVersion") ?? "");
}
