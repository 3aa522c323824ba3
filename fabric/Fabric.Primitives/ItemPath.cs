using System.Text.Json;

namespace Fabric.Primitives;

/// <summary>
/// Which item of a collection could not be read. System.Text.Json tells the path of the collection only, because it does
/// not look into the converters of others.
/// </summary>
public static class ItemPath
{
    private const string Key = "Fabric.Primitives.ItemPath";

    /// <summary>What follows on <see cref="JsonException.Path"/>: <c>[3]</c>; empty when the fault is not in an item.</summary>
    public static string Of(JsonException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault.Data[Key] as string ?? "";
    }

    /// <summary>Notes the item, from the innermost collection to the outermost. Always false, so that it can stand in a filter and the exception goes its way.</summary>
    internal static bool Note(JsonException fault, int index)
    {
        fault.Data[Key] = $"[{index}]{Of(fault)}";
        return false;
    }
}
