using System.Text.Json;

namespace Ovs.Ovsdb;

/// <summary>What the server answered to one operation of a committed transaction.</summary>
/// <param name="Count">How many rows an update, mutate or delete matched; 0 for other operations.</param>
/// <param name="Uuid">The row that an insert made, or null.</param>
/// <param name="Rows">The rows that a select found, as an array of row objects, or null.</param>
public readonly record struct OperationResult(long Count, Guid? Uuid, JsonElement? Rows)
{
    /// <summary>The rows that a select found, typed; columns that were not selected hold their defaults.</summary>
    public IReadOnlyList<TRow> RowsOf<TRow>()
        where TRow : class, IRow<TRow>
    {
        var rows = new List<TRow>();
        if (Rows is { } found)
        {
            foreach (var element in found.EnumerateArray())
            {
                rows.Add(ReadRow<TRow>(element));
            }
        }

        return rows;
    }

    private static TRow ReadRow<TRow>(JsonElement element)
        where TRow : class, IRow<TRow>
    {
        var uuid = element.TryGetProperty("_uuid", out var id) ? id[1].GetGuid() : default;
        var row = TRow.Copy(null, uuid);
        var reader = new Utf8JsonReader(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(element));
        reader.Read();
        TRow.Table.ReadRow(row, ref reader, isDifference: false);
        return row;
    }
}
