using Fabric.Bench.Scale;

namespace Fabric.Bench.Tests.Scale;

public class ScaleNetworkTests
{
    private static readonly ScaleOptions Options = new() { Nics = 2000, Subnets = 10, Nodes = 7 };

    [Fact]
    public void Nics_are_told_apart_and_in_their_subnets()
    {
        var nics = Enumerable.Range(0, Options.Nics).Select(i => ScaleNetwork.Nic(i, Options)).ToList();

        Assert.Equal(nics.Count, nics.Select(nic => nic.Pod).Distinct().Count());
        Assert.Equal(nics.Count, nics.Select(nic => nic.Address).Distinct().Count());
        Assert.Equal(nics.Count, nics.Select(nic => nic.Mac).Distinct().Count());
        Assert.All(nics, nic =>
        {
            var cidr = ScaleNetwork.CidrOf(int.Parse(nic.Subnet["subnet-".Length..]));
            Assert.True(cidr.Contains(nic.Address) && nic.Address > nic.Gateway && nic.Address < cidr.Last);
            Assert.Equal(cidr.First.Next(), nic.Gateway);
        });
    }

    [Fact]
    public void Nics_are_spread_evenly_over_subnets_and_nodes()
    {
        var nics = Enumerable.Range(0, Options.Nics).Select(i => ScaleNetwork.Nic(i, Options)).ToList();
        Assert.All(nics.GroupBy(nic => nic.Subnet), subnet => Assert.Equal(200, subnet.Count()));
        Assert.All(nics.GroupBy(nic => nic.Node), node => Assert.InRange(node.Count(), 285, 286));
    }

    [Fact]
    public void Subnets_do_not_overlap_each_other_or_the_pattern()
    {
        Assert.Equal("10.0.0.0/24", ScaleNetwork.PatternCidr.ToString());
        Assert.Equal("10.0.1.0/24", ScaleNetwork.CidrOf(0).ToString());
        Assert.Equal("10.255.255.0/24", ScaleNetwork.CidrOf(ScaleNetwork.MostSubnets - 1).ToString());
    }
}
