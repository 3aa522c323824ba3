using System.Collections.Immutable;
using System.Text.Json;

namespace Ovs.ModelGen;

/// <summary>What the generator needs of an <c>.ovsschema</c> file. RFC 7047 §3.2.</summary>
/// <param name="Name">The database's name.</param>
/// <param name="Version">The schema's version.</param>
/// <param name="Tables">Its tables by name.</param>
public sealed record Schema(string Name, string Version, ImmutableDictionary<string, TableSchema> Tables)
{
    /// <summary>Reads a schema file.</summary>
    public static Schema Load(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        return new(
            root.GetProperty("name").GetString()!,
            root.GetProperty("version").GetString()!,
            root.GetProperty("tables").EnumerateObject().ToImmutableDictionary(table => table.Name, table => TableSchema.Read(table.Name, table.Value)));
    }
}

/// <summary>A table.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsRoot">Whether its rows stay without being referred to.</param>
/// <param name="HasUniqueName">Whether no two rows share what is in column <c>name</c>.</param>
/// <param name="Columns">The columns, in the file's order.</param>
public sealed record TableSchema(string Name, bool IsRoot, bool HasUniqueName, ImmutableArray<ColumnSchema> Columns)
{
    internal static TableSchema Read(string name, JsonElement json) => new(
        name,
        json.TryGetProperty("isRoot", out var root) && root.GetBoolean(),
        json.TryGetProperty("indexes", out var indexes) && indexes.EnumerateArray().Any(index => index.GetArrayLength() == 1 && index[0].GetString() == "name"),
        [.. json.GetProperty("columns").EnumerateObject().Select(column => ColumnSchema.Read(column.Name, column.Value))]);
}

/// <summary>A column.</summary>
/// <param name="Name">The name.</param>
/// <param name="Key">The type of its values, or of a map's keys.</param>
/// <param name="Value">The type of a map's values, or null.</param>
/// <param name="Min">The least number of values: 0 or 1.</param>
/// <param name="Max">The greatest number of values; null for any number.</param>
/// <param name="IsMutable">Whether the column can be written after the insert.</param>
/// <param name="IsEphemeral">Whether the server forgets the column when it ends.</param>
public sealed record ColumnSchema(string Name, AtomSchema Key, AtomSchema? Value, int Min, int? Max, bool IsMutable, bool IsEphemeral)
{
    internal static ColumnSchema Read(string name, JsonElement json)
    {
        var type = json.GetProperty("type");
        var isMutable = !json.TryGetProperty("mutable", out var mutable) || mutable.GetBoolean();
        var isEphemeral = json.TryGetProperty("ephemeral", out var ephemeral) && ephemeral.GetBoolean();
        if (type.ValueKind == JsonValueKind.String)
        {
            return new(name, AtomSchema.Read(type), null, 1, 1, isMutable, isEphemeral);
        }

        var min = type.TryGetProperty("min", out var least) ? least.GetInt32() : 1;
        int? max = !type.TryGetProperty("max", out var most) ? 1 : most.ValueKind == JsonValueKind.String ? null : most.GetInt32();
        return new(
            name,
            AtomSchema.Read(type.GetProperty("key")),
            type.TryGetProperty("value", out var value) ? AtomSchema.Read(value) : null,
            min,
            max,
            isMutable,
            isEphemeral);
    }
}

/// <summary>The type of one value.</summary>
/// <param name="Type">integer, real, boolean, string or uuid.</param>
/// <param name="Enumeration">The permitted texts, in the file's order; empty when any is.</param>
/// <param name="RefTable">The table that a uuid refers to, or null.</param>
/// <param name="IsWeak">Whether the reference goes with the row it refers to, instead of holding it.</param>
/// <param name="Range">The constraint in words, or null.</param>
public sealed record AtomSchema(string Type, ImmutableArray<string> Enumeration, string? RefTable, bool IsWeak, string? Range)
{
    internal static AtomSchema Read(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            return new(json.GetString()!, [], null, false, null);
        }

        return new(
            json.GetProperty("type").GetString()!,
            json.TryGetProperty("enum", out var set) ? [.. set[1].EnumerateArray().Select(text => text.GetString()!)] : [],
            json.TryGetProperty("refTable", out var table) ? table.GetString() : null,
            json.TryGetProperty("refType", out var kind) && kind.GetString() == "weak",
            DescribeRange(json));
    }

    private static string? DescribeRange(JsonElement json)
    {
        var min = json.TryGetProperty("minInteger", out var least) ? least.GetRawText() : null;
        var max = json.TryGetProperty("maxInteger", out var most) ? most.GetRawText() : null;
        var length = json.TryGetProperty("maxLength", out var longest) ? longest.GetRawText() : null;
        return (min, max, length) switch
        {
            (not null, not null, _) => $"from {min} to {max}",
            (not null, null, _) => $"at least {min}",
            (null, not null, _) => $"at most {max}",
            (_, _, not null) => $"at most {length} bytes",
            _ => null,
        };
    }
}
