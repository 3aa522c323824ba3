using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Resources.Core;

/// <summary>A Kubernetes Namespace: only what Fabric reads.</summary>
public sealed record Namespace : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(Namespace); } = nameof(Namespace);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
