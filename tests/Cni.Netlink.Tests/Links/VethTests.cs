using Fabric.Primitives;
using Node.Testing;

namespace Cni.Netlink.Tests.Links;

public sealed class VethTests : IDisposable
{
    private readonly TestNetns _node = new("n");
    private readonly TestNetns _pod = new("p");
    private static readonly MacAddress Mac = MacAddress.Parse("02:00:00:00:00:2a");

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Pair_is_made_with_the_other_end_named_addressed_and_in_the_other_namespace()
    {
        using var node = NetnsScope.OpenSocket(_node.Path);
        var index = CreatePair(node, "fbtest");

        using var pod = NetnsScope.OpenSocket(_pod.Path);
        var host = node.FindLink("fbtest");
        var peer = pod.FindLink("eth0");
        Assert.NotNull(host);
        Assert.NotNull(peer);
        Assert.Equal(index, host.Index);
        Assert.Equal(1442, host.MtuBytes);
        Assert.Equal("veth", host.Kind);
        Assert.Equal(peer.Index, host.PeerIndex);
        Assert.Equal(Mac, peer.Mac);
        Assert.Equal(1442, peer.MtuBytes);
        Assert.False(peer.IsUp);
        Assert.Contains("02:00:00:00:00:2a", _pod.Run("ip", "-o", "link", "show", "eth0"), StringComparison.Ordinal);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Pair_of_a_taken_name_is_refused_and_leaves_nothing()
    {
        using var node = NetnsScope.OpenSocket(_node.Path);
        using var pod = NetnsScope.OpenSocket(_pod.Path);
        CreatePair(node, "fbone");

        var refused = Assert.Throws<NetlinkException>(() => CreatePair(node, "fbtwo"));

        Assert.Equal(Errno.Exists, refused.Errno);
        Assert.Null(node.FindLink("fbtwo"));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Link_is_renamed_readdressed_resized_raised_and_deleted()
    {
        using var node = NetnsScope.OpenSocket(_node.Path);
        var index = CreatePair(node, "fbtest");
        var mac = MacAddress.Parse("02:00:00:00:00:99");

        node.Rename(index, "fbother");
        node.SetMac(index, mac);
        node.SetMtu(index, new Mtu(1300));
        node.SetUp(index);

        var link = node.FindLink(index);
        Assert.NotNull(link);
        Assert.Equal(("fbother", mac, 1300, true), (link.Name, link.Mac, link.MtuBytes, link.IsUp));
        Assert.Contains(node.GetLinks(), each => each == link);
        Assert.True(node.DeleteLink("fbother"));
        Assert.False(node.DeleteLink("fbother"));
        Assert.Null(node.FindLink(index));
        using var pod = NetnsScope.OpenSocket(_pod.Path);
        Assert.Null(pod.FindLink("eth0"));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Refusal_carries_the_kernels_own_words()
    {
        using var node = NetnsScope.OpenSocket(_node.Path);
        CreatePair(node, "fbtest");

        var index = node.FindLink("fbtest")!.Index;
        var refused = Assert.Throws<NetlinkException>(() => node.ReplaceRoute(new Route
        {
            Destination = IpPrefix.Parse("10.9.0.0/16"),
            Gateway = IpAddress.Parse("10.8.0.1"),
            LinkIndex = index,
        }));

        Assert.Equal("Nexthop device is not up", refused.Detail);
        Assert.StartsWith("add route to 10.9.0.0/16: Nexthop device is not up", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Opening_what_is_no_namespace_says_which_path()
    {
        var missing = Assert.Throws<NetlinkException>(() => NetnsScope.OpenSocket("/run/netns/fnt-not-there"));
        Assert.Equal(Errno.NoEntry, missing.Errno);
        Assert.Contains("/run/netns/fnt-not-there", missing.Message, StringComparison.Ordinal);
        var file = Assert.Throws<NetlinkException>(() => NetnsScope.OpenSocket("/etc/hostname"));
        Assert.Equal(Errno.Invalid, file.Errno);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Cookie_tells_namespaces_apart_and_the_thread_stays_where_it_was()
    {
        using var here = NetnsScope.OpenSocket();
        using var node = NetnsScope.OpenSocket(_node.Path);
        using var again = NetnsScope.OpenSocket(_node.Path);
        using var after = NetnsScope.OpenSocket();

        Assert.Equal(node.NetnsCookie, again.NetnsCookie);
        Assert.NotEqual(here.NetnsCookie, node.NetnsCookie);
        Assert.Equal(here.NetnsCookie, after.NetnsCookie);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Ipv6_is_turned_off_on_one_link_only()
    {
        using var ns = new TestNetns("six", ipv6: true);
        using var socket = NetnsScope.OpenSocket(ns.Path);
        ns.Run("ip", "link", "add", "a.1", "type", "veth", "peer", "name", "b");

        NetnsScope.DisableIpv6(ns.Path, "a.1");

        Assert.Equal("1", ns.Run("cat", "/proc/sys/net/ipv6/conf/a.1/disable_ipv6").Trim());
        Assert.Equal("0", ns.Run("cat", "/proc/sys/net/ipv6/conf/b/disable_ipv6").Trim());
    }

    public void Dispose()
    {
        _pod.Dispose();
        _node.Dispose();
    }

    private int CreatePair(RouteSocket node, string name)
    {
        using var target = NetnsScope.OpenNamespace(_pod.Path);
        return node.CreateVethPair(new VethPair
        {
            HostName = name,
            PeerName = "eth0",
            PeerMac = Mac,
            Mtu = new Mtu(1442),
            PeerNamespace = target,
        });
    }
}
