using System.Text.Json.Serialization;
using Fabric.Resources;

namespace Lab.Cluster.KubeVirt;

/// <summary>How often in a row a VM's instances failed: KubeVirt's <c>VirtualMachineStartFailure</c> in <c>status.startFailure</c>.</summary>
internal sealed record StartFailure
{
    /// <summary>Failures in a row.</summary>
    public int ConsecutiveFailCount { get; init; }

    /// <summary>The instance that failed last, so that it is counted once.</summary>
    public string? LastFailedVMIUID { get; init; }

    /// <summary>When the next instance may be made.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? RetryAfterTimestamp { get; init; }
}
