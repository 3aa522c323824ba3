using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Lab.Cluster.Reconciling;

/// <summary>Compares by what would be written.</summary>
/// <remarks>Records that keep unknown fields in a dictionary compare that by reference; their JSON tells the truth.</remarks>
internal static class JsonSame
{
    public static bool AsJson<T>(T? left, T? right, JsonTypeInfo<T> type)
        where T : class =>
        ReferenceEquals(left, right)
        || (left is not null && right is not null && JsonNode.DeepEquals(JsonSerializer.SerializeToNode(left, type), JsonSerializer.SerializeToNode(right, type)));
}
