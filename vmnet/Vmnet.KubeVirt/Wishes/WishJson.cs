using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Fabric.Primitives;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>The shapes of annotations whose text is JSON.</summary>
[JsonSourceGenerationOptions(MaxDepth = 16, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(string?[]))]
[JsonSerializable(typeof(Dictionary<string, string?[]?>))]
[JsonSerializable(typeof(NetworkSelection?[]))]
internal sealed partial class WishJson : JsonSerializerContext
{
    // Kubernetes allows all annotations of an object 256 KiB; none of these needs more than this.
    private const int Longest = 16 * 1024;

    /// <summary>Reads an annotation.</summary>
    /// <param name="text">The annotation.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="example">What a right one looks like, for the refusal.</param>
    /// <returns>The value, or <see cref="WishUnreadable"/>.</returns>
    public static Outcome<T> Read<T>(WishText text, JsonTypeInfo<T> shape, string example)
        where T : class
    {
        var remedy = $"Write JSON such as {example}.";
        if (text.Text.Length > Longest)
        {
            return text.Unreadable($"it is longer than {Longest} characters", remedy);
        }

        try
        {
            // As bytes: from a string with half a surrogate pair the serializer throws something else than JsonException.
            return JsonSerializer.Deserialize(Encoding.UTF8.GetBytes(text.Text), shape) is { } value
                ? value
                : text.Unreadable("it is null", remedy);
        }
        catch (JsonException e)
        {
            return text.Unreadable($"it is not such JSON at {e.Path ?? "its beginning"}, byte {e.BytePositionInLine ?? 0}", remedy);
        }
    }
}

/// <summary>What Multus' network selection element says of addresses (NPWG de-facto standard 1.3 §4.1.2).</summary>
internal sealed record NetworkSelection
{
    /// <summary>The addresses, with or without prefix length.</summary>
    [JsonPropertyName("ips")]
    public string?[]? Ips { get; init; }

    /// <summary>The MAC address.</summary>
    [JsonPropertyName("mac")]
    public string? Mac { get; init; }
}
