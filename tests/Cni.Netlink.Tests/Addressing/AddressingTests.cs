using Fabric.Primitives;
using Node.Testing;

namespace Cni.Netlink.Tests.Addressing;

public sealed class AddressingTests : IDisposable
{
    private readonly TestNetns _netns = new("a", ipv6: true);
    private readonly RouteSocket _socket;
    private readonly int _link;

    public AddressingTests()
    {
        _netns.Run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far");
        _netns.Run("ip", "link", "set", "far", "up");
        _socket = NetnsScope.OpenSocket(_netns.Path);
        _link = _socket.FindLink("eth0")!.Index;
        _socket.SetUp(_link);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Namespace_in_which_nothing_was_ever_up_has_no_default_route()
    {
        using var fresh = NetnsScope.OpenSocketInNew();

        Assert.False(fresh.HasDefaultRoute(IpFamily.V4));
        Assert.False(fresh.HasDefaultRoute(IpFamily.V6));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("10.2.3.4/24")]
    [InlineData("10.2.3.4/32")]
    [InlineData("fd00:1::5/64")]
    public void Address_is_added_seen_and_removed(string text)
    {
        var address = IpInterfaceAddress.Parse(text);

        _socket.AddAddress(_link, address);

        Assert.Contains(address, _socket.GetAddresses(_link));
        var shown = _netns.Run("ip", "-o", "addr", "show", "eth0");
        Assert.Contains(text, shown, StringComparison.Ordinal);
        Assert.DoesNotContain($"{text} scope global tentative", shown, StringComparison.Ordinal);
        var twice = Assert.Throws<NetlinkException>(() => _socket.AddAddress(_link, address));
        Assert.Equal(Errno.Exists, twice.Errno);
        Assert.True(_socket.RemoveAddress(_link, address));
        Assert.False(_socket.RemoveAddress(_link, address));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("10.2.3.4/24", "0.0.0.0/0", "10.2.3.1")]
    [InlineData("10.2.3.4/32", "0.0.0.0/0", "169.254.1.1")]
    [InlineData("10.2.3.4/24", "192.168.7.0/24", null)]
    [InlineData("fd00:1::5/64", "::/0", "fd00:1::1")]
    [InlineData("fd00:1::5/128", "::/0", "fe80::1")]
    [InlineData("fd00:1::5/64", "fd00:9::/48", null)]
    public void Route_is_replaced_seen_and_removed(string address, string destination, string? gateway)
    {
        _socket.AddAddress(_link, IpInterfaceAddress.Parse(address));
        var route = new Route
        {
            Destination = IpPrefix.Parse(destination),
            Gateway = gateway is null ? null : IpAddress.Parse(gateway),
            LinkIndex = _link,
        };

        _socket.ReplaceRoute(route);
        _socket.ReplaceRoute(route);

        Assert.Single(_socket.GetRoutes(route.Destination.Family, _link), each => each == route);
        Assert.True(_socket.RemoveRoute(route));
        Assert.False(_socket.RemoveRoute(route));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("10.2.3.1")]
    [InlineData("fd00:1::1")]
    public void Neighbour_is_permanent_replaced_and_removed(string text)
    {
        var address = IpAddress.Parse(text);
        _socket.ReplaceNeighbour(_link, address, MacAddress.Parse("02:00:00:00:00:01"));
        _socket.ReplaceNeighbour(_link, address, MacAddress.Parse("02:00:00:00:00:02"));

        Assert.Contains($"{text} lladdr 02:00:00:00:00:02 PERMANENT", _netns.Run("ip", "neigh", "show", "dev", "eth0"), StringComparison.Ordinal);
        Assert.True(_socket.RemoveNeighbour(_link, address));
        Assert.False(_socket.RemoveNeighbour(_link, address));
    }

    public void Dispose()
    {
        _socket.Dispose();
        _netns.Dispose();
    }
}
