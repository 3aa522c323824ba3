using System.Text.Json;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>What a VM's status remembers from one instance to the next, in KubeVirt's own fields.</summary>
internal sealed record VmHistory
{
    private const string StrategyField = "runStrategy";
    private const string FailureField = "startFailure";
    private const string RequestsField = "stateChangeRequests";

    /// <summary>The strategy under which an instance was last made or removed.</summary>
    public RunStrategy? Applied { get; init; }

    /// <summary>Failures in a row, or null.</summary>
    public StartFailure? Failure { get; init; }

    /// <summary><c>Start</c> or <c>Stop</c> when that was asked for and not done yet: the first of <c>stateChangeRequests</c>.</summary>
    public string? Request { get; init; }

    public static VmHistory Of(VirtualMachineStatus? status)
    {
        var fields = status?.Unknown;
        return new VmHistory
        {
            Applied = Text(fields, StrategyField) is { } name && Enum.TryParse<RunStrategy>(name, out var strategy) ? strategy : null,
            Failure = fields?.GetValueOrDefault(FailureField) is { ValueKind: JsonValueKind.Object } failure ? failure.Deserialize(ClusterJson.Default.StartFailure) : null,
            Request = fields?.GetValueOrDefault(RequestsField) is { ValueKind: JsonValueKind.Array } requests && requests.GetArrayLength() > 0
                && requests[0].TryGetProperty("action", out var action) ? action.GetString() : null,
        };
    }

    /// <summary>The status with this in it; its other fields are kept.</summary>
    public VirtualMachineStatus WriteTo(VirtualMachineStatus status)
    {
        if (this == Of(status))
            return status;
        var fields = new Dictionary<string, JsonElement>(status.Unknown ?? [], StringComparer.Ordinal);
        if (Applied is { } applied)
            fields[StrategyField] = JsonSerializer.SerializeToElement(applied.ToString(), ClusterJson.Default.String);
        if (Failure is not null)
            fields[FailureField] = JsonSerializer.SerializeToElement(Failure, ClusterJson.Default.StartFailure);
        else
            fields.Remove(FailureField);
        if (Request is null)
            fields.Remove(RequestsField);
        return status with { Unknown = fields };
    }

    private static string? Text(Dictionary<string, JsonElement>? fields, string name) =>
        fields?.GetValueOrDefault(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
}
