using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Realization.Tests;

/// <summary>Objects as the control plane hands them over.</summary>
internal static class Objects
{
    internal static Vpc Vpc(string name) => new() { Metadata = new() { Name = name } };

    /// <param name="name">Its name.</param>
    /// <param name="cidrs">One of each family at most, with a blank between them.</param>
    /// <param name="vpc">Its Vpc.</param>
    /// <param name="dhcp">Its DHCP.</param>
    internal static Subnet Subnet(string name, string cidrs, string vpc = "v", DhcpSpec? dhcp = null)
    {
        var ranges = cidrs.Split(' ').Select(cidr => new SubnetRange { Cidr = IpPrefix.Parse(cidr) }).ToArray();
        return new()
        {
            Metadata = new() { Name = name },
            Spec = new()
            {
                Vpc = vpc,
                Ipv4 = ranges.SingleOrDefault(range => range.Cidr.IsV4),
                Ipv6 = ranges.SingleOrDefault(range => range.Cidr.IsV6),
                Dhcp = dhcp ?? new(),
            },
        };
    }

    /// <summary>The Nic of an endpoint, in the subnet whose number is in its address, with a MAC made of a number.</summary>
    internal static Nic Nic(PolicyEndpoint endpoint, int number)
    {
        var subnet = PlaceOf(endpoint).Subnet;
        var made = Nic(endpoint.Nic.Name, subnet, string.Join(' ', endpoint.Addresses.Select(address => $"{address}/{(address.IsV4 ? 24 : 64)}")), $"0a:58:00:00:00:{number:x2}");
        return made with
        {
            Metadata = made.Metadata with { Namespace = endpoint.Nic.Namespace, Labels = endpoint.Labels },
            Status = made.Status! with { Port = PortOf(endpoint) },
        };
    }

    internal static string PortOf(PolicyEndpoint endpoint) => endpoint.Nic.ToString();

    internal static (string Subnet, string Mac) PlaceOf(PolicyEndpoint endpoint) =>
        ($"s{endpoint.Addresses[0].ToString().Split('.')[2]}", $"0a:58:00:00:00:{int.Parse(endpoint.Nic.Name[1..]):x2}");

    internal static Nic Nic(string name, string subnet, string addresses, string mac, string? node = null) => new()
    {
        Metadata = new() { Namespace = "ns", Name = name },
        Spec = new() { Subnet = subnet, Interface = "eth0", Owner = new() { Kind = NicOwnerKind.Pod, Name = name, Uid = "u" } },
        Status = new()
        {
            Port = $"ns/{name}",
            MacAddress = MacAddress.Parse(mac),
            Addresses = [.. addresses.Split(' ').Select(address => IpInterfaceAddress.Parse(address))],
            Node = node,
        },
    };
}
