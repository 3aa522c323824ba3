using System.Text.Json;

namespace Fabric.Bench.Population;

/// <summary>Reads what every object has.</summary>
internal static class ObjectText
{
    internal static string UidOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("metadata").GetProperty("uid").GetString()!;
    }
}
