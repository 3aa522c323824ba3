using System.Text.Json.Serialization;
using Bpf.FastPath.Endpoints;
using Cni.Datapath;

namespace Cni.Agent.Observing;

/// <summary>What an agent says of itself and its node: <c>fabric agent status</c>.</summary>
public sealed record AgentStatus
{
    /// <summary>The Node's name.</summary>
    public required string Node { get; init; }

    /// <summary>Whether a pod can be attached now.</summary>
    public required bool Healthy { get; init; }

    /// <summary>The agent's process.</summary>
    public required int Pid { get; init; }

    /// <summary>Since when it serves.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Memory resident, in bytes.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>What it is made of.</summary>
    public required AgentVersions Versions { get; init; }

    /// <summary>Those on whom it depends.</summary>
    public required IReadOnlyList<PeerHealth> Peers { get; init; }

    /// <summary>What the kernel has.</summary>
    public required IReadOnlyList<KernelFeature> Features { get; init; }

    /// <summary>Whether established flows pass Open vSwitch by, and why not.</summary>
    public required FastPathState FastPath { get; init; }

    /// <summary>The journal by how far attachments are: <c>pending</c>, <c>started</c>, <c>finished</c>, <c>releasing</c>.</summary>
    public required IReadOnlyDictionary<string, int> Journal { get; init; }

    /// <summary>The attachments in the journal.</summary>
    public required IReadOnlyList<EndpointStatus> Endpoints { get; init; }

    /// <summary>How full the eBPF maps are.</summary>
    public required IReadOnlyList<MapSize> Maps { get; init; }

    /// <summary>The last requests that were not granted, the newest first.</summary>
    public required IReadOnlyList<RequestError> Errors { get; init; }
}

/// <summary>Which versions there are on a node; null where nobody says.</summary>
/// <param name="Fabric">Of the agent.</param>
/// <param name="OpenVSwitch">Of ovs-vswitchd.</param>
/// <param name="Ovn">Of ovn-controller.</param>
/// <param name="Kernel">Linux.</param>
/// <param name="LibBpf">libbpf.</param>
/// <param name="Runtime">.NET.</param>
public sealed record AgentVersions(string Fabric, string? OpenVSwitch, string? Ovn, string Kernel, string? LibBpf, string Runtime);

/// <summary>One attachment.</summary>
/// <param name="Pod">Namespace and name.</param>
/// <param name="Nic">Namespace and name.</param>
/// <param name="Interface">The device in the container.</param>
/// <param name="Device">The device on the node.</param>
/// <param name="Addresses">Those the runtime was told; empty while it is being made.</param>
/// <param name="Step">How far it is: as in <see cref="AgentStatus.Journal"/>.</param>
/// <param name="Container">The container, as the runtime calls it.</param>
public sealed record EndpointStatus(string Pod, string Nic, string Interface, string Device, IReadOnlyList<string> Addresses, string Step, string Container);

/// <summary>How a status is written: camelCase, absent rather than null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(AgentStatus))]
public sealed partial class AgentStatusJson : JsonSerializerContext;
