using Fabric.Grains.Claims;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Subnets;

/// <summary>What a Subnet may say: asked at admission, and again by the Subnet's grain for stores without admission.</summary>
public static class SubnetRules
{
    /// <summary>The IPv4 prefixes a Subnet can be: a /8 is the largest private range (RFC 1918), a /30 has one address besides the gateway.</summary>
    private static readonly (int Shortest, int Longest) V4Lengths = (8, 30);

    /// <summary>The IPv6 prefixes a Subnet can be: a /48 is what a site has (RFC 6177), a /126 has two addresses besides the gateway.</summary>
    private static readonly (int Shortest, int Longest) V6Lengths = (48, 126);

    private static readonly IpPrefix[] UnusableV4 = [IpPrefix.Parse("0.0.0.0/8"), IpPrefix.Parse("127.0.0.0/8"), IpPrefix.Parse("169.254.0.0/16"), IpPrefix.Parse("224.0.0.0/3")];

    // Unspecified, loopback and mapped addresses; link-local ones are every interface's own (RFC 4291).
    private static readonly IpPrefix[] UnusableV6 = [IpPrefix.Parse("::/32"), IpPrefix.Parse("fe80::/10"), IpPrefix.Parse("ff00::/8")];

    /// <summary>An IPClaim's name is the Subnet's, a dot and an address, IPv6 in full at worst: together they must be a name (RFC 1123).</summary>
    private const int LongestName = ObjectName.MaxLength - 1 - 39;

    /// <summary>Every IPv6 link carries packets of so many bytes (RFC 8200 section 5).</summary>
    private const int LeastIpv6Mtu = 1280;

    /// <summary>All that is wrong with the Subnet by itself and beside others. Empty when it can be.</summary>
    /// <param name="subnet">The Subnet to be.</param>
    /// <param name="others">The Subnets that come before it; itself among them is skipped.</param>
    /// <returns>
    /// <see cref="NameTooLong"/>, <see cref="NoRange"/>, <see cref="CidrUnusable"/>, <see cref="GatewayUnusable"/>, <see cref="ExcludeOutsideSubnet"/>,
    /// <see cref="NothingToGiveOut"/>, <see cref="MtuBelowIpv6"/>, <see cref="DnsServerUnusable"/>, <see cref="RouteUnusable"/>, <see cref="AllowedSubnetIsItself"/>,
    /// <see cref="CidrOverlap"/>, <see cref="SecondDefault"/>, <see cref="SecondDefaultFor"/>, each with its field.
    /// </returns>
    public static IReadOnlyList<Refusal> Validate(Subnet subnet, IEnumerable<Subnet> others)
    {
        var refusals = new List<Refusal>();
        var spec = subnet.Spec;
        if (subnet.Metadata.Name!.Length > LongestName)
            refusals.Add(new NameTooLong(subnet.Metadata.Name.Length, LongestName) { Field = "metadata.name" });
        if (spec.Ranges.IsEmpty)
            refusals.Add(new NoRange() { Field = "spec.ipv4" });
        CheckRange(spec.Ipv4, IpFamily.V4, refusals);
        CheckRange(spec.Ipv6, IpFamily.V6, refusals);
        if (spec is { Ipv6: not null, Mtu: < LeastIpv6Mtu and { } mtu })
            refusals.Add(new MtuBelowIpv6(mtu, LeastIpv6Mtu) { Field = "spec.mtu" });
        CheckDhcp(spec, refusals);
        if (spec.AllowSubnets.Contains(subnet.Metadata.Name!))
            refusals.Add(new AllowedSubnetIsItself(subnet.Metadata.Name!) { Field = "spec.allowSubnets" });
        foreach (var other in others.Where(other => other.Metadata.Name != subnet.Metadata.Name && !other.Metadata.IsDeleting))
            CheckBeside(subnet, other, refusals);
        return refusals;
    }

    /// <summary>The addresses in use that the Subnet does not have any more. Empty when it may become what it says.</summary>
    public static IReadOnlyList<Refusal> ValidateInUse(Subnet subnet, IEnumerable<IPClaim> claims) =>
    [
        .. claims.Where(claim => claim.Spec.Subnet == subnet.Metadata.Name && subnet.Spec.RangeOf(claim.Spec.Address.Family)?.Cidr.Contains(claim.Spec.Address) != true)
            .Take(3)
            .Select(claim => InUse(claim.Spec.Address, claim.Holders())),
    ];

    /// <summary>
    /// The gateways that would move because nobody names them and the range now begins elsewhere, while somebody uses them. Empty when none does.
    /// </summary>
    /// <param name="subnet">The Subnet to be.</param>
    /// <param name="before">The Subnet as it is.</param>
    /// <param name="claims">The addresses in use, of all Subnets.</param>
    public static IReadOnlyList<Refusal> ValidateGateways(Subnet subnet, Subnet before, IEnumerable<IPClaim> claims)
    {
        var moved = subnet.Spec.Ranges
            .Where(range => range.Gateway is null && before.Spec.RangeOf(range.Cidr.Family) is { } was && was.GatewayInForce != range.GatewayInForce)
            .ToArray();
        if (moved.Length == 0)
            return [];
        var used = claims.Where(claim => claim.Spec.Subnet == subnet.Metadata.Name).Select(claim => claim.Spec.Address.Family).ToHashSet();
        return
        [
            .. moved.Where(range => used.Contains(range.Cidr.Family)).Select(range =>
                new GatewayWouldMove(before.Spec.RangeOf(range.Cidr.Family)!.GatewayInForce, range.GatewayInForce) { Field = FieldOf(range.Cidr.Family) + ".gateway" }),
        ];
    }

    /// <summary>The refusal of a Subnet that does not have an address any more which is in use.</summary>
    public static CidrBelowUse InUse(IpAddress address, ClaimHolders holders) => new(address, holders.ToString()) { Field = FieldOf(address.Family) };

    /// <summary>Why an address of a Subnet cannot be a host's, or null when it can.</summary>
    public static Refusal? CheckAddress(IpAddress address, Subnet subnet)
    {
        if (subnet.Spec.RangeOf(address.Family) is not { } range || !range.Cidr.Contains(address))
            return Outside(address, subnet);
        return new AddressPool(range, []).UseOf(address) is { } use ? new AddressReserved(address, use) : null;
    }

    /// <summary>The refusal of an address that is in none of the Subnet's ranges.</summary>
    public static AddressOutsideSubnet Outside(IpAddress address, Subnet subnet) =>
        new(address, subnet.Metadata.Name!, [.. subnet.Spec.Ranges.Select(range => range.Cidr)]);

    /// <summary>Whether <paramref name="other"/> was there before <paramref name="value"/>, so that the later of two that exclude each other gives way.</summary>
    public static bool IsBefore(IKubeObject other, IKubeObject value)
    {
        var order = Nullable.Compare(other.Metadata.CreationTimestamp, value.Metadata.CreationTimestamp);
        return order < 0 || (order == 0 && string.CompareOrdinal(other.Metadata.Name, value.Metadata.Name) < 0);
    }

    private static void CheckBeside(Subnet subnet, Subnet other, List<Refusal> refusals)
    {
        var name = other.Metadata.Name!;
        foreach (var range in subnet.Spec.Ranges)
        {
            if (other.Spec.Vpc == subnet.Spec.Vpc && other.Spec.RangeOf(range.Cidr.Family) is { } met && met.Cidr.Overlaps(range.Cidr))
                refusals.Add(new CidrOverlap(range.Cidr, name, met.Cidr, subnet.Spec.Vpc) { Field = FieldOf(range.Cidr.Family) + ".cidr" });
        }
        if (other.Spec.Default && subnet.Spec.Default)
            refusals.Add(new SecondDefault(name) { Field = "spec.default" });
        for (var i = 0; i < subnet.Spec.DefaultFor.Count; i++)
        {
            if (other.Spec.DefaultFor.Contains(subnet.Spec.DefaultFor[i]))
                refusals.Add(new SecondDefaultFor(subnet.Spec.DefaultFor[i], name) { Field = $"spec.defaultFor[{i}]" });
        }
    }

    private static void CheckRange(SubnetRange? range, IpFamily family, List<Refusal> refusals)
    {
        if (range is null)
            return;
        if (CheckCidr(range.Cidr, family) is { } unusable)
            refusals.Add(new CidrUnusable(range.Cidr, unusable) { Field = FieldOf(family) + ".cidr" });
        else
            CheckInside(range, family, refusals);
    }

    private static string? CheckCidr(IpPrefix cidr, IpFamily family)
    {
        var ((shortest, longest), unusable, example) = family == IpFamily.V4 ? (V4Lengths, UnusableV4, "10.20.0.0/24") : (V6Lengths, UnusableV6, "fd20::/64");
        return cidr.Family != family ? $"it is not an IP{Text(family)} range. Give one, such as {example}."
            : cidr.Length < shortest || cidr.Length > longest ? $"a Subnet is /{shortest} to /{longest}. Give a range of that size."
            : unusable.Any(cidr.Overlaps) ? $"it is not made of addresses that hosts can have. Give a private range, such as {example}."
            : null;
    }

    private static void CheckInside(SubnetRange range, IpFamily family, List<Refusal> refusals)
    {
        var cidr = range.Cidr;
        var field = FieldOf(family);
        if (range.Gateway is { } gateway)
        {
            var problem = !cidr.Contains(gateway) ? $"is not in {cidr}. Give an address in it, or none for {cidr.First.Next()}."
                : gateway == cidr.First ? $"is {(cidr.IsV4 ? "the network address" : "the subnet-router anycast address")} of {cidr}. Give another, or none for {cidr.First.Next()}."
                : cidr.IsV4 && gateway == cidr.Last ? $"is the broadcast address of {cidr}. Give another, or none for {cidr.First.Next()}."
                : null;
            if (problem is not null)
                refusals.Add(new GatewayUnusable(gateway, problem) { Field = field + ".gateway" });
        }
        var before = refusals.Count;
        for (var i = 0; i < range.Exclude.Count; i++)
        {
            if (!cidr.Range.Contains(range.Exclude[i]))
                refusals.Add(new ExcludeOutsideSubnet(range.Exclude[i], cidr) { Field = $"{field}.exclude[{i}]" });
        }
        if (before == refusals.Count && new AddressPool(range, []).Status.Capacity == 0)
            refusals.Add(new NothingToGiveOut(cidr) { Field = field + ".exclude" });
    }

    private static void CheckDhcp(SubnetSpec spec, List<Refusal> refusals)
    {
        for (var i = 0; i < spec.Dhcp.DnsServers.Count; i++)
        {
            var server = spec.Dhcp.DnsServers[i];
            if (server.IsUnspecified || server.IsMulticast || server.IsLoopback || spec.RangeOf(server.Family) is null)
                refusals.Add(new DnsServerUnusable(server) { Field = $"spec.dhcp.dnsServers[{i}]" });
        }
        for (var i = 0; i < spec.Dhcp.Routes.Count; i++)
        {
            var (destination, hop) = (spec.Dhcp.Routes[i].Destination, spec.Dhcp.Routes[i].NextHop);
            var problem = spec.Ipv4 is not { } range ? "the Subnet has no IPv4 range, and option 121 is for IPv4 only. Remove the route."
                : !destination.IsV4 ? $"{destination} is no IPv4 network, and option 121 is for IPv4 only. Remove the route."
                : spec.Dhcp.Routes.Take(i).Any(other => other.Destination == destination) ? "it is named twice. Remove one."
                : !range.Cidr.Contains(hop) ? $"the next hop {hop} is not in {range.Cidr}. Give a router in the Subnet."
                : null;
            if (problem is not null)
                refusals.Add(new RouteUnusable(destination, problem) { Field = $"spec.dhcp.routes[{i}]" });
        }
    }

    private static string FieldOf(IpFamily family) => family == IpFamily.V4 ? "spec.ipv4" : "spec.ipv6";

    private static string Text(IpFamily family) => family == IpFamily.V4 ? "v4" : "v6";
}
