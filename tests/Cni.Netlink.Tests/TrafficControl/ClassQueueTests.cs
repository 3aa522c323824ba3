using Fabric.Primitives;
using Node.Testing;

namespace Cni.Netlink.Tests.TrafficControl;

public sealed class ClassQueueTests : IDisposable
{
    private const uint Handle = 0x0001_0000;

    private readonly TestNetns _node = new("n");

    /// <summary>Also in the words of tc(8), so that a factor of 8 or 1000 cannot cancel out.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Classes_are_as_told_and_change_in_place()
    {
        using var node = NetnsScope.OpenSocket(_node.Path);
        var link = Pair(node);
        QueueClass root = new(1, BitRate.Parse("100G"), BitRate.Parse("100G")), leaf = new(2, BitRate.Parse("1M"), BitRate.Parse("40G")) { Parent = 1, Order = 7 };

        node.EnsureClassQueue(link, Handle, fallback: 2);
        node.EnsureClassQueue(link, Handle, fallback: 2);
        node.SetClass(link, Handle, root);
        node.SetClass(link, Handle, leaf);

        Assert.Equal([(1, 0, "100G", "100G", 0), (2, 1, "1M", "40G", 7)], Classes(node, link));
        Assert.Contains("class htb 1:2 parent 1:1 prio 7 rate 1Mbit ceil 40Gbit burst 16Kb ", Shown("class"), StringComparison.Ordinal);
        Assert.Contains(" r2q 10 default 0x2 ", Shown("qdisc"), StringComparison.Ordinal);
        node.SetClass(link, Handle, leaf with { Rate = BitRate.Parse("8k") });
        Assert.Equal([(1, 0, "100G", "100G", 0), (2, 1, "8k", "40G", 7)], Classes(node, link));
        Assert.Empty(node.GetClasses(link, 0x0002_0000));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Fair_queues_are_inside_of_a_bucket_and_stay_when_it_changes()
    {
        const uint Inner = 0x0004_0000;
        using var node = NetnsScope.OpenSocket(_node.Path);
        var link = Pair(node);
        var bucket = new TokenBucket { Rate = BitRate.Parse("10M"), Burst = ByteSize.Parse("16Ki"), Queue = ByteSize.Parse("64Ki") };
        Assert.Throws<ArgumentException>(() => node.EnsureFairQueues(link, Inner, 4, bucket.Queue));

        node.SetTokenBucket(link, bucket);
        node.EnsureFairQueues(link, Inner, 4, bucket.Queue);
        node.EnsureFairQueues(link, Inner, 4, ByteSize.FromBytes(50_000));
        Assert.Equal(4, node.GetClasses(link, Inner).Count);
        Assert.Equal(4, Shown("qdisc").Split("limit 50000b").Length - 1);
        node.SetTokenBucket(link, bucket with { Rate = BitRate.Parse("20M") });
        Assert.Equal(4, node.GetClasses(link, Inner).Count);
        // Less deep, it is another bucket, in which all wait in one queue until they have theirs again.
        node.SetTokenBucket(link, bucket with { Burst = ByteSize.Parse("8Ki") });
        Assert.Empty(node.GetClasses(link, Inner));
        node.EnsureFairQueues(link, Inner, 4, bucket.Queue);
        Assert.Equal(4, node.GetClasses(link, Inner).Count);
    }

    public void Dispose() => _node.Dispose();

    private static (int, int, string, string, int)[] Classes(RouteSocket node, int link) =>
        [.. node.GetClasses(link, Handle).OrderBy(each => each.Minor).Select(each => ((int)each.Minor, (int)each.Parent, each.Rate.ToString(), each.Ceiling.ToString(), each.Order))];

    private string Shown(string what) => _node.Run("tc", what, "show", "dev", "n0");

    private static int Pair(RouteSocket node) => node.CreateVethPair(new VethPair { HostName = "n0", PeerName = "n1", PeerMac = MacAddress.Parse("02:00:00:00:00:01"), Mtu = new Mtu(1500) });
}
