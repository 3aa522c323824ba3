using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Primitives;

namespace Fabric.Resources.Core;

/// <summary>A Kubernetes NetworkPolicy (<c>networking.k8s.io/v1</c>).</summary>
public sealed record NetworkPolicy : IKubeObject
{
    /// <summary>The API's group.</summary>
    public const string Group = "networking.k8s.io";

    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? Group + "/v1"; } = Group + "/v1";

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(NetworkPolicy); } = nameof(NetworkPolicy);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The rules, and whom they are for.</summary>
    public NetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>Fields Fabric does not read, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The rules of a NetworkPolicy, and whom they are for.</summary>
public sealed record NetworkPolicySpec
{
    /// <summary>The pods of the policy's namespace that it is for; all when it is empty.</summary>
    public LabelSelector PodSelector { get; init => field = value ?? new(); } = new();

    /// <summary>What may come in, in sum; nothing when there is no rule.</summary>
    public EquatableArray<NetworkPolicyIngressRule> Ingress { get; init; }

    /// <summary>What may go out, in sum; nothing when there is no rule.</summary>
    public EquatableArray<NetworkPolicyEgressRule> Egress { get; init; }

    /// <summary>
    /// The directions in which the pods are isolated: <c>Ingress</c>, <c>Egress</c>. When there is none: ingress, and egress if it
    /// has rules.
    /// </summary>
    public EquatableArray<string> PolicyTypes { get; init; }
}

/// <summary>What may come in: from any of some peers to any of some ports.</summary>
public sealed record NetworkPolicyIngressRule
{
    /// <summary>The senders; everybody when there is none.</summary>
    public EquatableArray<NetworkPolicyPeer> From { get; init; }

    /// <summary>The ports connected to; all when there is none.</summary>
    public EquatableArray<NetworkPolicyPort> Ports { get; init; }
}

/// <summary>What may go out: to any of some peers at any of some ports.</summary>
public sealed record NetworkPolicyEgressRule
{
    /// <summary>The receivers; everybody when there is none.</summary>
    public EquatableArray<NetworkPolicyPeer> To { get; init; }

    /// <summary>The ports connected to; all when there is none.</summary>
    public EquatableArray<NetworkPolicyPort> Ports { get; init; }
}

/// <summary>The other end: a block of addresses, or pods by labels of theirs and of their namespaces.</summary>
public sealed record NetworkPolicyPeer
{
    /// <summary>Pods by their labels, of this namespace unless <see cref="NamespaceSelector"/> is there; all when it is empty.</summary>
    public LabelSelector? PodSelector { get; init; }

    /// <summary>Namespaces by their labels; all when it is empty.</summary>
    public LabelSelector? NamespaceSelector { get; init; }

    /// <summary>Addresses.</summary>
    public IPBlock? IpBlock { get; init; }
}

/// <summary>A block of addresses but for parts of it.</summary>
public sealed record IPBlock
{
    /// <summary>The block. Kubernetes lets it have host bits, which say nothing.</summary>
    public required IpInterfaceAddress Cidr { get; init; }

    /// <summary>What of it is not meant.</summary>
    public EquatableArray<IpInterfaceAddress> Except { get; init; }
}

/// <summary>A port, a named port, a range, or all of a protocol.</summary>
public sealed record NetworkPolicyPort
{
    /// <summary><c>TCP</c>, <c>UDP</c> or <c>SCTP</c>; TCP when absent.</summary>
    public string? Protocol { get; init; }

    /// <summary>The port's number or the name of a container's port; all ports when absent.</summary>
    public IntOrString? Port { get; init; }

    /// <summary>The last port of a range that begins with a number.</summary>
    public int? EndPort { get; init; }
}
