using System.Text.Json.Serialization;

namespace Cni.Protocol;

/// <summary>How the specification's objects are read and written: camelCase, absent rather than null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(NetworkConfig))]
[JsonSerializable(typeof(RuntimeConfig))]
[JsonSerializable(typeof(RuntimeArgs))]
[JsonSerializable(typeof(IReadOnlyList<ValidAttachment>))]
[JsonSerializable(typeof(CniResult))]
[JsonSerializable(typeof(CniDns))]
[JsonSerializable(typeof(CniError))]
[JsonSerializable(typeof(CniRequest))]
[JsonSerializable(typeof(CniReply))]
public sealed partial class CniJson : JsonSerializerContext;
