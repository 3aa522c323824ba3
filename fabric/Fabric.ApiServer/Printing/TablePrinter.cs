using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Printing;

/// <summary>What a table's rows carry beside their cells: the query's <c>includeObject</c>.</summary>
internal enum IncludedObject
{
    Metadata,
    Whole,
    None,
}

/// <summary>Objects as <c>meta.k8s.io/v1 Table</c>, which kubectl shows as it is.</summary>
internal sealed class TablePrinter(ResourceDefinition definition, TimeProvider clock, IncludedObject included)
{
    /// <summary>A table without rows; <c>metadata</c> is the list's.</summary>
    public JsonObject Header(JsonObject listMetadata, bool withColumns = true) => new()
    {
        ["kind"] = "Table",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = listMetadata,
        ["columnDefinitions"] = withColumns ? ColumnDefinitions() : null,
    };

    public JsonObject Single(JsonObject @object)
    {
        var table = Header(new JsonObject { ["resourceVersion"] = ObjectMetadata.Of(@object).ResourceVersion });
        table["rows"] = new JsonArray(Row(@object));
        return table;
    }

    public JsonObject Row(JsonObject @object)
    {
        var now = clock.GetUtcNow();
        var cells = new JsonArray(JsonValue.Create(ObjectMetadata.Of(@object).Name));
        foreach (var column in definition.Columns)
            cells.Add(Cell(column, @object, now));
        var row = new JsonObject { ["cells"] = cells };
        if (included == IncludedObject.Whole) row["object"] = @object;
        else if (included == IncludedObject.Metadata) row["object"] = MetadataOnly(@object);
        return row;
    }

    /// <summary>A PartialObjectMetadata.</summary>
    public static JsonObject MetadataOnly(JsonObject @object) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = @object["metadata"]?.DeepClone(),
    };

    private static JsonNode? Cell(PrinterColumn column, JsonObject @object, DateTimeOffset now)
    {
        if (column.Computed is { } computed) return ComputedColumns.Compute(computed, @object, now);
        var found = column.Path!.Select(@object);
        var value = found.Count == 0 ? null : found[0];
        switch (column.Type)
        {
            case "date":
                return value.AsText() is { } time ? Age.Since(time, now) : Age.Unknown;
            case "integer" or "number" or "boolean":
                return value is JsonValue v && v.GetValueKind() is not JsonValueKind.String ? v.DeepClone() : null;
            default:
                // A path that leads to several values shows them all: addresses of a NIC, for example.
                return found.Count > 1 ? string.Join(',', found.Select(f => f.Scalar())) : value is JsonArray list ? string.Join(',', list.Select(i => i.Scalar())) : value is null ? null : value.Scalar();
        }
    }

    private JsonArray ColumnDefinitions()
    {
        var columns = new JsonArray(Column("Name", "string", "name", "Unique within the namespace, or the cluster.", 0));
        foreach (var column in definition.Columns)
            columns.Add(Column(column.Name, column.Type == "date" ? "string" : column.Type, column.Format, column.Description, column.Priority));
        return columns;
    }

    private static JsonObject Column(string name, string type, string format, string description, long priority) => new()
    {
        ["name"] = name,
        ["type"] = type,
        ["format"] = format,
        ["description"] = description,
        ["priority"] = priority,
    };
}
