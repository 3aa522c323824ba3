using Fabric.Primitives;
using Node.Testing;

namespace Cni.Netlink.Tests.TrafficControl;

public sealed class TokenBucketTests : IDisposable
{
    private readonly TestNetns _node = new("n");

    /// <summary>Also in the words of tc(8), which shows bits a second and bytes: so a factor of 8 or 1000 cannot cancel out.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("8k", "1514", null, null, "rate 8Kbit burst 1514b ", "\"rate\":1000,\"burst\":1514,")]
    [InlineData("10M", "12500", null, null, "rate 10Mbit burst 12500b ", "\"rate\":1250000,\"burst\":12500,")]
    [InlineData("10M", "1M", "100M", "125k", " peakrate 100Mbit minburst 125000b ", "\"rate\":1250000,\"burst\":1000000,\"minburst\":125000,")]
    [InlineData("1G", "1250k", "40G", "50M", " peakrate 40Gbit ", "\"rate\":125000000,\"burst\":1250000,")]
    [InlineData("100G", "125M", null, null, "rate 100Gbit ", "\"rate\":12500000000,")]
    // 2,097 seconds deep: more than the kernel says in ticks, and it keeps it all the same.
    [InlineData("1k", "256Ki", null, null, "rate 1Kbit ", "\"rate\":125,")]
    public void Kernel_has_what_it_was_told_and_says_it_back(string rate, string burst, string? peak, string? peakBurst, string shown, string json)
    {
        using var node = NetnsScope.OpenSocket(_node.Path);
        var link = Pair(node);
        var bucket = new TokenBucket
        {
            Rate = BitRate.Parse(rate),
            Burst = ByteSize.Parse(burst),
            Peak = peak is null ? null : BitRate.Parse(peak),
            PeakBurst = peakBurst is null ? null : ByteSize.Parse(peakBurst),
            Queue = ByteSize.FromBytes(48_000),
        };

        node.SetTokenBucket(link, bucket);

        var kernel = node.FindTokenBucket(link);
        Assert.NotNull(kernel);
        Assert.True(kernel.IsAsToldTo(bucket), kernel.ToString());
        Assert.Contains(shown, Shown(), StringComparison.Ordinal);
        Assert.Contains(json, Shown("-json"), StringComparison.Ordinal);
        Assert.Contains("\"limit\":48000", Shown("-json", "-raw"), StringComparison.Ordinal);
        foreach (var other in new[]
        {
            bucket with { Rate = BitRate.FromBitsPerSecond(bucket.Rate.BitsPerSecond + 8) },
            bucket with { Burst = ByteSize.FromBytes(bucket.Burst.Bytes * 8) },
            bucket with { Queue = ByteSize.FromBytes(6000) },
            bucket with { Peak = BitRate.Parse("50G"), PeakBurst = bucket.PeakBurst ?? bucket.Burst },
        })
        {
            Assert.False(kernel.IsAsToldTo(other), other.ToString());
        }
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Bucket_takes_the_place_of_another_queue_is_changed_in_place_and_yields_to_one()
    {
        using var node = NetnsScope.OpenSocket(_node.Path);
        var link = Pair(node);
        Assert.Null(node.FindTokenBucket(link));
        node.HoldRootQueue(link);
        Assert.Null(node.FindTokenBucket(link));

        node.SetTokenBucket(link, Bucket("10M"));
        Assert.Equal(BitRate.Parse("10M"), node.FindTokenBucket(link)!.Rate);
        node.SetTokenBucket(link, Bucket("20M"));
        Assert.Equal(BitRate.Parse("20M"), node.FindTokenBucket(link)!.Rate);
        Assert.Contains("tbf 2:", Shown(), StringComparison.Ordinal);
        // Less deep, it is another one.
        node.SetTokenBucket(link, Bucket("20M") with { Burst = ByteSize.FromBytes(19_000) });
        Assert.Contains("tbf 3:", Shown(), StringComparison.Ordinal);
        node.SetTokenBucket(link, Bucket("20M") with { Peak = BitRate.Parse("40M"), PeakBurst = ByteSize.FromBytes(18_000) });
        Assert.Contains("tbf 2:", Shown(), StringComparison.Ordinal);
        Assert.False(Command.TryRun("nsenter", $"--net={_node.Path}", "tc", "qdisc", "add", "dev", "near", "root", "tbf", "rate", "1mbit", "burst", "2000", "limit", "10000"));
        node.HoldRootQueue(link);
        Assert.Null(node.FindTokenBucket(link));
        Assert.Contains("pfifo", Shown(), StringComparison.Ordinal);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void What_the_kernel_refuses_is_said()
    {
        using var node = NetnsScope.OpenSocket(_node.Path);
        var link = Pair(node);

        Assert.Equal(Errno.NoDevice, Assert.Throws<NetlinkException>(() => node.SetTokenBucket(link + 1000, Bucket("10M"))).Errno);
        Assert.Equal(
            Errno.Invalid,
            Assert.Throws<NetlinkException>(() => node.SetTokenBucket(link, Bucket("10M") with { Peak = BitRate.Parse("5M"), PeakBurst = ByteSize.FromBytes(2000) })).Errno);
        Assert.Throws<ArgumentException>(() => node.SetTokenBucket(link, Bucket("10M") with { Queue = ByteSize.FromBytes(1L << 32) }));
        Assert.Null(node.FindTokenBucket(link));
    }

    [Fact]
    public void Depths_and_the_kernels_ticks_agree()
    {
        var random = new Random(4712);
        for (var round = 0; round < 10_000; round++)
        {
            // As deep as a minute, which fits the ticks.
            var rate = BitRate.FromBitsPerSecond(8 * random.NextInt64(1000, 1L << random.Next(11, 36)));
            var depth = ByteSize.FromBytes(random.NextInt64(1, Math.Min(uint.MaxValue, rate.BytesPerSecond * 60)));
            var back = TokenBucket.Depth(TokenBucket.Ticks(depth, rate), rate);
            Assert.InRange(back.Bytes, depth.Bytes - 1 - (rate.BytesPerSecond * 64 / 1_000_000_000), depth.Bytes);
        }
    }

    [Fact]
    public void Reader_survives_any_bytes()
    {
        var random = new Random(4713);
        var buffer = new byte[256];
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(buffer);
            if (round % 2 == 0)
            {
                // A header, then a kind of the right name and options of any bytes.
                buffer.AsSpan(0, 20).Clear();
                "\b\0\u0001\0tbf\0"u8.CopyTo(buffer.AsSpan(20));
                buffer[28] = (byte)random.Next(4, 200);
                (buffer[29], buffer[30], buffer[31]) = (0, 2, 0);
                (buffer[32], buffer[33], buffer[34], buffer[35]) = ((byte)random.Next(0, 80), 0, 1, 0);
            }

            if (RouteSocket.TryReadTokenBucket(buffer.AsSpan(0, random.Next(buffer.Length)), out var bucket))
                Assert.NotNull(bucket.ToString());
        }
    }

    public void Dispose() => _node.Dispose();

    private static TokenBucket Bucket(string rate) => new() { Rate = BitRate.Parse(rate), Burst = ByteSize.FromBytes(20_000), Queue = ByteSize.FromBytes(100_000) };

    private static int Pair(RouteSocket node) => node.CreateVethPair(new VethPair
    {
        HostName = "near",
        PeerName = "far",
        PeerMac = MacAddress.Parse("02:00:00:00:00:2b"),
        Mtu = new Mtu(1500),
    });

    private string Shown(params string[] options) => _node.Run("tc", [.. options, "qdisc", "show", "dev", "near"]);
}
