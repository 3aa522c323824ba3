using Fabric.Grains.Vpcs;

namespace Fabric.Grains.Tests.Vpcs;

public sealed class GeneratedMacTests
{
    [Fact]
    public void They_are_local_unicast_repeatable_and_different()
    {
        var macs = Enumerable.Range(0, 1000).Select(i => GeneratedMac.For($"uid-{i}", 0)).ToArray();
        Assert.Equal(1000, macs.Distinct().Count());
        Assert.All(macs, mac => Assert.True(mac.IsLocal && !mac.IsMulticast));
        Assert.Equal(macs[0], GeneratedMac.For("uid-0", 0));
        Assert.NotEqual(macs[0], GeneratedMac.For("uid-0", 1));
    }
}
