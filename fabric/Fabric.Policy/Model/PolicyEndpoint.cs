using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Model;

/// <summary>A Nic, as far as policies look at it.</summary>
public sealed record PolicyEndpoint
{
    /// <summary>Its namespace and name.</summary>
    public required ObjectKey Nic { get; init; }

    /// <summary>The Vpc it is in: addresses mean nothing in another.</summary>
    public required string Vpc { get; init; }

    /// <summary>Its workload's labels.</summary>
    public EquatableMap<string, string> Labels { get; init; }

    /// <summary>Its namespace's labels.</summary>
    public EquatableMap<string, string> NamespaceLabels { get; init; }

    /// <summary>The SecurityGroups of its namespace that it names.</summary>
    public EquatableArray<string> SecurityGroups { get; init; }

    /// <summary>Its addresses.</summary>
    public EquatableArray<IpAddress> Addresses { get; init; }

    /// <summary>The ports that have names: of its pod's containers, or of its VM's interface.</summary>
    public EquatableArray<NamedPort> NamedPorts { get; init; }
}
