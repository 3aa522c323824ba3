using System.Text.Json.Serialization;
using Fabric.Primitives;
using Fabric.Resources.Core;

namespace Lab.Cluster;

/// <summary>Values this project writes into fields that the records keep as they came.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EquatableArray<ContainerStatus>))]
[JsonSerializable(typeof(ContainerStatus))]
[JsonSerializable(typeof(KubeVirt.StartFailure))]
[JsonSerializable(typeof(string))]
internal sealed partial class ClusterJson : JsonSerializerContext;
