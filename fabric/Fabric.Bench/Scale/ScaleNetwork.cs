using Fabric.Bench.Population;
using Fabric.Primitives;

namespace Fabric.Bench.Scale;

/// <summary>The network that is simulated: Nics round robin over subnets, and over nodes.</summary>
internal static class ScaleNetwork
{
    internal const string Namespace = "bench";

    /// <summary>The Subnet after whose pattern the others are made.</summary>
    internal const string PatternSubnet = "pattern-subnet";

    /// <summary>10.0.0.0/24 is the pattern's; the rest of 10.0.0.0/8 is for the others.</summary>
    internal const int MostSubnets = (1 << 16) - 1;

    /// <summary>Of 256 addresses, network, router and broadcast are nobody's, and some stay free to be given out.</summary>
    internal const int NicsInSubnet = 240;

    private const int FirstOffset = 2;

    internal static IpPrefix PatternCidr { get; } = CidrOf(-1);

    internal static string SubnetName(int subnet) => $"subnet-{subnet}";

    internal static string NodeName(int node) => $"node-{node}";

    internal static string PodName(int nic) => $"there-{nic}";

    internal static IpPrefix CidrOf(int subnet) => IpPrefix.Create(IpAddress.FromV4((10u << 24) + ((uint)(subnet + 1) << 8)), 24);

    internal static int NodeOf(int nic, ScaleOptions options) => nic % options.Nodes;

    internal static NicCopy Nic(int nic, ScaleOptions options)
    {
        var subnet = nic % options.Subnets;
        var cidr = CidrOf(subnet);
        return new NicCopy
        {
            Pod = PodName(nic),
            Subnet = SubnetName(subnet),
            Address = cidr.First.Add((UInt128)(FirstOffset + (nic / options.Subnets))),
            Gateway = cidr.First.Next(),
            Mac = NumberedMac.Of(nic),
            Node = NodeName(NodeOf(nic, options)),
        };
    }
}
