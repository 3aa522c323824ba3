using Fabric.Primitives;

namespace Fabric.Resources;

/// <summary>What a workload asks of one of its Nics, read once from its fields and annotations.</summary>
public sealed record NicWishes
{
    /// <summary>The Subnet, or null.</summary>
    public string? Subnet { get; init; }

    /// <summary>The MAC address: unicast; or null.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>The addresses: one of each family at most, IPv4 first.</summary>
    public EquatableArray<IpAddress> Addresses { get; init; }

    /// <summary>The IPPool, or null.</summary>
    public string? IpPool { get; init; }

    /// <summary>The QosPolicy, or null.</summary>
    public string? QosPolicy { get; init; }

    /// <summary>The limit towards the VM, or null.</summary>
    public QosLimit? Ingress { get; init; }

    /// <summary>The limit from the VM, or null.</summary>
    public QosLimit? Egress { get; init; }

    /// <summary>The SecurityGroups, in order.</summary>
    public EquatableArray<string> SecurityGroups { get; init; }

    /// <summary>Where each of the wishes above comes from, in the order of <see cref="WishField"/>.</summary>
    public EquatableArray<WishSource> Sources { get; init; }

    /// <summary>Wishes that count and cannot be read or granted: a Nic is not made with something else in their place.</summary>
    public EquatableArray<Refusal> Unreadable { get; init; }

    /// <summary>Wishes that another one, which goes before them, contradicts, and those that Fabric does not have.</summary>
    public EquatableArray<Refusal> Ignored { get; init; }
}

/// <summary>The values of <see cref="WishSource.Field"/>, which are fields of a Nic's spec.</summary>
public static class WishField
{
    /// <summary>The Subnet.</summary>
    public const string Subnet = "subnet";

    /// <summary>The MAC address.</summary>
    public const string MacAddress = "macAddress";

    /// <summary>The addresses.</summary>
    public const string Addresses = "addresses";

    /// <summary>The IPPool.</summary>
    public const string IpPool = "ipPool";

    /// <summary>The QosPolicy.</summary>
    public const string QosPolicy = "qosPolicy";

    /// <summary>The limit towards the VM.</summary>
    public const string Ingress = "ingress";

    /// <summary>The limit from the VM.</summary>
    public const string Egress = "egress";

    /// <summary>The SecurityGroups.</summary>
    public const string SecurityGroups = "securityGroups";
}
