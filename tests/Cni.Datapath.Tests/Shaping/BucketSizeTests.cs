using Cni.Datapath.Shaping;
using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Datapath.Tests.Shaping;

/// <summary>What a dvSwitch's three numbers are to the kernel: each is one of its own, and the depths follow from the rates.</summary>
public sealed class BucketSizeTests
{
    [Theory]
    // Average, peak and burst: the bucket is the burst, it is emptied at the peak in steps of 10 ms of that, and the queue is 50 ms of the average.
    [InlineData("100M", "400M", "1Mi", 1442, 1_048_576, "400M", 500_000, 625_000)]
    // No peak above the average, no burst: 10 ms of the average go at once.
    [InlineData("100M", "100M", "1Mi", 1442, 125_000, null, null, 625_000)]
    [InlineData("100M", null, "1Mi", 1442, 125_000, null, null, 625_000)]
    // Without a burst 100 ms of the average, but at least 64 KiB.
    [InlineData("100M", "400M", null, 1442, 1_250_000, "400M", 500_000, 625_000)]
    [InlineData("1M", "2M", null, 1442, 65_536, "2M", 2_500, 46_720)]
    // A frame always fits: of 8918 bytes where packets have 8900.
    [InlineData("1M", null, null, 8900, 8_918, null, null, 285_376)]
    [InlineData("1M", "2M", "4000", 8900, 8_918, "2M", 8_918, 285_376)]
    [InlineData("100M", "400M", "1Mi", 8900, 1_048_576, "400M", 500_000, 625_000)]
    // A link's rate is what its bits say, and not its bytes or their thousands.
    [InlineData("1G", null, null, 1442, 1_250_000, null, null, 6_250_000)]
    public void Average_peak_and_burst_are_the_buckets(string average, string? peak, string? burst, int mtu, long depth, string? fast, int? step, long queue)
    {
        var bucket = BucketSize.For(BitRate.Parse(average), peak is null ? null : BitRate.Parse(peak), burst is null ? null : ByteSize.Parse(burst), new Mtu(mtu));

        Assert.Equal(
            new TokenBucket
            {
                Rate = BitRate.Parse(average),
                Burst = ByteSize.FromBytes(depth),
                Peak = fast is null ? null : BitRate.Parse(fast),
                PeakBurst = step is { } bytes ? ByteSize.FromBytes(bytes) : null,
                Queue = ByteSize.FromBytes(queue),
            },
            bucket);
    }
}
