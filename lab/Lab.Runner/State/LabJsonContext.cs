using System.Text.Json.Serialization;

namespace Lab.Runner.State;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LedgerEntry))]
[JsonSerializable(typeof(LabRecord))]
internal sealed partial class LabJsonContext : JsonSerializerContext;
