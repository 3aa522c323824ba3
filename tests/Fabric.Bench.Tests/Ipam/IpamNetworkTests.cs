using Fabric.Bench.Ipam;
using Fabric.Primitives;

namespace Fabric.Bench.Tests.Ipam;

public class IpamNetworkTests
{
    [Theory]
    [InlineData(24)]
    [InlineData(20)]
    [InlineData(16)]
    public void Filled_subnet_has_so_many_free_addresses_and_each_other_once(int length)
    {
        var held = IpAddress.Parse("10.128.0.2");

        var addresses = new IpamNetwork(length).InFilled(held).Select(nic => nic.Address).ToList();

        // Network, router, broadcast and the pattern's own are nobody's.
        Assert.Equal((1 << (32 - length)) - 4 - IpamNetwork.FreeInFilled, addresses.Count);
        Assert.Equal(addresses.Count, addresses.Distinct().Count());
        Assert.All(addresses, address => Assert.True(IpPrefix.Create(IpAddress.Parse("10.128.0.0"), length).Contains(address)));
        Assert.DoesNotContain(held, addresses);
        Assert.DoesNotContain(IpAddress.Parse("10.128.0.1"), addresses);
    }

    [Fact]
    public void Nics_that_are_there_are_told_apart_by_name_address_and_MAC()
    {
        var nics = IpamNetwork.InNics(0, 1000).Concat(new IpamNetwork(20).InFilled(default)).ToList();
        Assert.Equal(nics.Count, nics.Select(nic => nic.Pod).Distinct().Count());
        Assert.Equal(nics.Count, nics.Select(nic => nic.Address).Distinct().Count());
        Assert.Equal(nics.Count, nics.Select(nic => nic.Mac).Distinct().Count());
        Assert.DoesNotContain(nics, nic => nic.Mac.IsMulticast);
    }

    [Theory]
    [InlineData(1000, 100_000, 16)]
    [InlineData(1000, 10_000, 19)]
    [InlineData(8, 200, 25)]
    [InlineData(0, 129, 25)]
    public void Filled_subnet_is_the_largest_that_the_many_fill(int few, int many, int length) =>
        Assert.Equal(length, new IpamOptions { Few = few, Many = many }.FilledLength);

    [Theory]
    [InlineData(1000, "1k")]
    [InlineData(100_000, "100k")]
    [InlineData(60, "60")]
    [InlineData(1500, "1500")]
    public void Label_is_how_figures_are_named(int count, string label) => Assert.Equal(label, AllocationFigures.Label(count));
}
