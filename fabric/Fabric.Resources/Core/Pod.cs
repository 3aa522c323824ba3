using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Primitives;

namespace Fabric.Resources.Core;

/// <summary>A Kubernetes Pod: what Fabric and the lab's kubelet use of it.</summary>
public sealed record Pod : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(Pod); } = nameof(Pod);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is to run, and where.</summary>
    public PodSpec? Spec { get; init; }

    /// <summary>What the kubelet reports.</summary>
    public PodStatus? Status { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Whether the pod has ended for good (<c>Succeeded</c> or <c>Failed</c>).</summary>
    [JsonIgnore]
    public bool IsFinished => Status?.Phase is "Succeeded" or "Failed";
}

/// <summary>What a pod is to run, and where.</summary>
public sealed record PodSpec
{
    /// <summary>The node it is bound to; empty until scheduled.</summary>
    public string? NodeName { get; init; }

    /// <summary>Whether it shares the node's network namespace: then it has no Nic.</summary>
    public bool? HostNetwork { get; init; }

    /// <summary>Labels a node must have.</summary>
    public EquatableMap<string, string>? NodeSelector { get; init; }

    /// <summary>The host name; the pod's name when absent.</summary>
    public string? Hostname { get; init; }

    /// <summary>What happens when a container ends: <c>Always</c>, <c>OnFailure</c> or <c>Never</c>.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>How long it may take to end, in seconds; 30 when absent.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>Containers that run one after another before the others.</summary>
    public EquatableArray<PodContainer>? InitContainers { get; init; }

    /// <summary>The containers.</summary>
    public EquatableArray<PodContainer>? Containers { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>One container of a pod.</summary>
public sealed record PodContainer
{
    /// <summary>Its name in the pod.</summary>
    public required string Name { get; init; }

    /// <summary>The image reference.</summary>
    public string? Image { get; init; }

    /// <summary>The entry point in place of the image's.</summary>
    public EquatableArray<string>? Command { get; init; }

    /// <summary>The entry point's arguments.</summary>
    public EquatableArray<string>? Args { get; init; }

    /// <summary>The environment.</summary>
    public EquatableArray<ContainerVariable>? Env { get; init; }

    /// <summary>The working folder.</summary>
    public string? WorkingDir { get; init; }

    /// <summary><c>Always</c> on an init container that goes on running beside the others; absent on every other.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>The ports it listens on, which NetworkPolicies may name.</summary>
    public EquatableArray<ContainerPort>? Ports { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A port of a container.</summary>
public sealed record ContainerPort
{
    /// <summary>Its name in the pod, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The port, 1 to 65535.</summary>
    [JsonPropertyName("containerPort")]
    public int Number { get; init; }

    /// <summary><c>TCP</c>, <c>UDP</c> or <c>SCTP</c>; TCP when absent.</summary>
    public string? Protocol { get; init; }

    /// <summary>The port of the pod's node that is to lead to it, or null.</summary>
    public int? HostPort { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>An environment variable of a container.</summary>
public sealed record ContainerVariable
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its value, when given literally.</summary>
    public string? Value { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>What the kubelet reports of a pod.</summary>
public sealed record PodStatus
{
    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; init; }

    /// <summary>Why it is in this phase, CamelCase.</summary>
    public string? Reason { get; init; }

    /// <summary>The same for people.</summary>
    public string? Message { get; init; }

    /// <summary>The node's address.</summary>
    public string? HostIP { get; init; }

    /// <summary>The pod's first address.</summary>
    public string? PodIP { get; init; }

    /// <summary>The pod's addresses, one of each family.</summary>
    public EquatableArray<PodAddress>? PodIPs { get; init; }

    /// <summary>When the kubelet took it.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>Conditions such as <c>PodScheduled</c> and <c>Ready</c>.</summary>
    public EquatableArray<StatusCondition>? Conditions { get; init; }

    /// <summary>The containers' states.</summary>
    public EquatableArray<ContainerStatus>? ContainerStatuses { get; init; }

    /// <summary>The quality-of-service class.</summary>
    public string? QosClass { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>An address of a pod.</summary>
/// <param name="Ip">The address.</param>
public sealed record PodAddress(string Ip);

/// <summary>The state of one container.</summary>
public sealed record ContainerStatus
{
    /// <summary>The container's name in the pod.</summary>
    public required string Name { get; init; }

    /// <summary>The image that runs.</summary>
    public string? Image { get; init; }

    /// <summary>The image by digest.</summary>
    public string? ImageID { get; init; }

    /// <summary><c>runtime://id</c>.</summary>
    public string? ContainerID { get; init; }

    /// <summary>Whether it passes its readiness probe.</summary>
    public bool Ready { get; init; }

    /// <summary>Whether it runs and passed its startup probe.</summary>
    public bool? Started { get; init; }

    /// <summary>How often it was restarted.</summary>
    public int RestartCount { get; init; }

    /// <summary>Exactly one of waiting, running and terminated.</summary>
    public ContainerState? State { get; init; }

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Exactly one of the three is set.</summary>
public sealed record ContainerState
{
    /// <summary>It does not run yet.</summary>
    public ContainerStateDetail? Waiting { get; init; }

    /// <summary>It runs.</summary>
    public ContainerStateDetail? Running { get; init; }

    /// <summary>It has ended.</summary>
    public ContainerStateDetail? Terminated { get; init; }
}

/// <summary>Why a container waits, since when it runs, or how it ended.</summary>
public sealed record ContainerStateDetail
{
    /// <summary>One CamelCase word.</summary>
    public string? Reason { get; init; }

    /// <summary>The same for people.</summary>
    public string? Message { get; init; }

    /// <summary>The exit code of one that ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When it started.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    [JsonConverter(typeof(KubeTimeConverter))]
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary><c>runtime://id</c> of one that ended.</summary>
    public string? ContainerID { get; init; }
}
