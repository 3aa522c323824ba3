using System.Security.Cryptography;
using System.Text;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Ovs.Northbound;

namespace Fabric.Realization;

/// <summary>What Fabric's rows are called, and where they are found.</summary>
/// <remarks>
/// A Nic's port is called <c>namespace/name</c>. No other name has a slash, so none can meet one.
/// </remarks>
public static class NorthboundNames
{
    /// <summary>The logical router of a Vpc.</summary>
    public static string Router(string vpc) => $"vpc.{vpc}";

    /// <summary>The logical switch of a Subnet.</summary>
    public static string Switch(string subnet) => Resources.Subnet.SwitchOf(subnet);

    /// <summary>The port of the Vpc's router in a Subnet.</summary>
    public static string RouterPort(string subnet) => $"subnet.{subnet}.gateway";

    /// <summary>The port of a Subnet's switch that leads to the router.</summary>
    public static string SwitchPortToRouter(string subnet) => $"subnet.{subnet}.router";

    /// <summary>
    /// The address set of a Subnet's range of a family. OVN's sets have names without hyphens, Kubernetes' objects names
    /// without underscores.
    /// </summary>
    public static string AddressSet(string subnet, IpFamily family) =>
        $"subnet.{subnet.Replace('-', '_')}.{(family == IpFamily.V4 ? "ip4" : "ip6")}";

    /// <summary>The MAC of the router in a Subnet: locally administered, and the same whenever it is asked for.</summary>
    public static MacAddress RouterMac(string vpc, string subnet)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"fabric gateway\0{vpc}\0{subnet}"));
        return MacAddress.CreateLocal(hash.AsSpan(0, 6));
    }

    /// <summary>
    /// The port group of a policy in a Vpc. OVN's groups have names without hyphens; the end tells apart what is alike without them,
    /// or the same in another Vpc.
    /// </summary>
    public static string PolicyGroup(PolicyId policy, string vpc) =>
        $"{(policy.Kind == PolicyKind.SecurityGroup ? "sg" : "np")}.{policy.Key.ToString().Replace('-', '_').Replace('/', '.')}.{Digest($"{policy}\0{vpc}")}";

    /// <summary>The port group of Nics that rules of a Vpc speak of.</summary>
    public static string PeersGroup(PeerSelector peers, string vpc) => $"peers.{Digest($"{peers.Key}\0{vpc}")}";

    /// <summary>The port of a Nic.</summary>
    internal static RowAddress PortRow(ObjectKey nic) => new(LogicalSwitchPort.Table, new(RowOwner.Nic(nic), "port"));

    /// <summary>Where a policy's port group in a Vpc is found.</summary>
    public static RowAddress PolicyGroupRow(PolicyId policy, string vpc) => new(PortGroup.Table, new(RowOwner.Policy(policy), $"group in {vpc}"));

    /// <summary>Where a port group of Nics that rules speak of is found.</summary>
    public static RowAddress PeersGroupRow(PeerSelector peers, string vpc) => new(PortGroup.Table, new(RowOwner.Peers(vpc, peers.Key), "group"));

    internal static RowAddress RouterRow(string vpc) => new(LogicalRouter.Table, new(RowOwner.Vpc(vpc), "router"));

    internal static RowAddress SwitchRow(string subnet) => new(LogicalSwitch.Table, new(RowOwner.Subnet(subnet), "switch"));

    internal static RowAddress RouterPortRow(string subnet) => new(LogicalRouterPort.Table, new(RowOwner.Subnet(subnet), "gateway"));

    internal static RowAddress SwitchPortToRouterRow(string subnet) => new(LogicalSwitchPort.Table, new(RowOwner.Subnet(subnet), "router-port"));

    /// <summary>With the Vpc: a Subnet of that name in another Vpc is another one.</summary>
    internal static RowAddress AddressSetRow(string vpc, string subnet, IpFamily family) =>
        new(Ovs.Northbound.AddressSet.Table, new(RowOwner.Subnet(subnet), $"{(family == IpFamily.V4 ? "ip4" : "ip6")} in {vpc}"));

    internal static RowAddress DhcpRow(string subnet, IpFamily family) =>
        new(DhcpOptions.Table, new(RowOwner.Subnet(subnet), family == IpFamily.V4 ? "dhcpv4" : "dhcpv6"));

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 5));
}
