using Fabric.Policy.Model;
using Fabric.Resources;

namespace Fabric.Realization;

/// <summary>The kinds of object that rows are written for, each after those it depends on.</summary>
public enum RowOwnerKind
{
    /// <summary>A Vpc: its router.</summary>
    Vpc = 0,

    /// <summary>A Subnet: its switch, its DHCP options and what joins it to the router.</summary>
    Subnet = 1,

    /// <summary>Nics of a Vpc that rules speak of: a port group without rules.</summary>
    Peers = 2,

    /// <summary>A SecurityGroup: a port group and its rules in each Vpc where it is for Nics.</summary>
    SecurityGroup = 3,

    /// <summary>A NetworkPolicy: as a SecurityGroup.</summary>
    NetworkPolicy = 4,

    /// <summary>A Nic: its switch port, and its places in port groups.</summary>
    Nic = 5,
}

/// <summary>The object that rows are written for.</summary>
/// <param name="Kind">The object's kind.</param>
/// <param name="Key">The object's name, with its namespace if it has one.</param>
public readonly record struct RowOwner(RowOwnerKind Kind, ObjectKey Key)
{
    /// <summary>A Vpc by name.</summary>
    public static RowOwner Vpc(string name) => new(RowOwnerKind.Vpc, new(name));

    /// <summary>A Subnet by name.</summary>
    public static RowOwner Subnet(string name) => new(RowOwnerKind.Subnet, new(name));

    /// <summary>A Nic by namespace and name.</summary>
    public static RowOwner Nic(ObjectKey key) => new(RowOwnerKind.Nic, key);

    /// <summary>A SecurityGroup or NetworkPolicy.</summary>
    public static RowOwner Policy(PolicyId id) =>
        new(id.Kind == PolicyKind.SecurityGroup ? RowOwnerKind.SecurityGroup : RowOwnerKind.NetworkPolicy, id.Key);

    /// <summary>Nics of a Vpc by what is said of them.</summary>
    /// <param name="vpc">The Vpc.</param>
    /// <param name="selector">Its <see cref="PeerSelector.Key"/>.</param>
    public static RowOwner Peers(string vpc, string selector) => new(RowOwnerKind.Peers, new(vpc, selector));

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Key}";
}
