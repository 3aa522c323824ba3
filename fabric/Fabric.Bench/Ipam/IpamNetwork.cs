using Fabric.Bench.Population;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Bench.Ipam;

/// <summary>The subnets of the benchmark, and the Nics that are there before anything is measured.</summary>
/// <param name="filledLength">Prefix length of the subnet that is full but for a few addresses.</param>
internal sealed class IpamNetwork(int filledLength)
{
    internal const string Namespace = "bench";

    /// <summary>Where allocations are measured, and where most of those that are there are.</summary>
    internal const string Nics = "nics";

    /// <summary>Full but for <see cref="FreeInFilled"/> addresses.</summary>
    internal const string Filled = "filled";

    /// <summary>As large as <see cref="Filled"/>, with nobody in it.</summary>
    internal const string Empty = "empty";

    /// <summary>How many addresses are free in <see cref="Filled"/>.</summary>
    internal const int FreeInFilled = 32;

    // Network, router, and those that the patterns have got.
    private const int Spared = 16;

    private static readonly IpPrefix NicsCidr = IpPrefix.Parse("10.0.0.0/12");
    private readonly IpPrefix _filled = IpPrefix.Create(IpAddress.Parse("10.128.0.0"), filledLength);
    private readonly IpPrefix _empty = IpPrefix.Create(IpAddress.Parse("10.129.0.0"), filledLength);

    /// <summary>The subnets, to be made through the API.</summary>
    internal IEnumerable<Subnet> Subnets => [Of(Nics, NicsCidr), Of(Filled, _filled), Of(Empty, _empty)];

    /// <summary>Nics of numbers <paramref name="first"/> to <paramref name="last"/> - 1 in <see cref="Nics"/>.</summary>
    internal static IEnumerable<NicCopy> InNics(int first, int last) =>
        Enumerable.Range(first, last - first).Select(i => Copy(Nics, NicsCidr, i + Spared, i));

    /// <summary>The Nics that fill <see cref="Filled"/>; what stays free is spread over it.</summary>
    /// <param name="held">The address that the pattern of the subnet holds itself.</param>
    internal IEnumerable<NicCopy> InFilled(IpAddress held)
    {
        // Without network, router and broadcast.
        var usable = (int)_filled.Count - 3;
        var free = Enumerable.Range(0, FreeInFilled).Select(i => 2 + (usable * (2 * i + 1) / (2 * FreeInFilled))).ToHashSet();
        return Enumerable.Range(2, usable)
            .Where(offset => !free.Contains(offset) && _filled.First.Add((UInt128)offset) != held)
            .Select(offset => Copy(Filled, _filled, offset, (1 << 24) + offset));
    }

    private static NicCopy Copy(string subnet, IpPrefix cidr, int offset, int number) => new()
    {
        Pod = $"there-{number}",
        Subnet = subnet,
        Address = cidr.First.Add((UInt128)offset),
        Gateway = cidr.First.Next(),
        Mac = NumberedMac.Of(number),
    };

    private static Subnet Of(string name, IpPrefix cidr) =>
        new() { Metadata = new ObjectMeta { Name = name }, Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = cidr } } };
}
