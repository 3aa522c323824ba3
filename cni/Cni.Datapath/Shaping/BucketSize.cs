using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Datapath.Shaping;

/// <summary>
/// How deep the kernel's buckets and queues are for a limit as people say it, which is vSphere's: the average holds over
/// time, and up to a burst above it goes at the peak.
/// </summary>
public static class BucketSize
{
    // So much goes at once where nobody asked for a burst: the kernel's timers are finer, and a second has 1 % more at most.
    private const int DepthMilliseconds = 10;

    // TCP fills a queue until it overflows: this is the delay that it then has, and enough for it to use all of the rate.
    private const int QueueMilliseconds = 50;

    // Of slow links, whose 50 ms are less than TCP begins with (10 segments, RFC 6928).
    private const int QueueFrames = 32;

    /// <summary>100 ms of the average, but at least 64 KiB.</summary>
    /// <returns>The burst of a limit that names none.</returns>
    public static ByteSize DefaultBurst(BitRate average) => ByteSize.FromBytes(Math.Max(64 << 10, average.BytesPerSecond / 10));

    /// <summary>The bucket of a limit.</summary>
    /// <param name="average">The rate over time.</param>
    /// <param name="peak">The rate while the burst lasts. Absent, or no more than the average, there are no bursts.</param>
    /// <param name="burst">How much may go above the average; <see cref="DefaultBurst"/> when absent.</param>
    /// <param name="mtu">The largest packet of the endpoint: one always fits.</param>
    public static TokenBucket For(BitRate average, BitRate? peak, ByteSize? burst, Mtu mtu)
    {
        var frame = mtu.FrameBytes;
        var steady = Depth(average, frame);
        var queue = Bytes(Math.Max(Scaled(average, QueueMilliseconds), QueueFrames * (long)frame));
        return peak is { } fast && fast.BytesPerSecond > average.BytesPerSecond
            ? new TokenBucket
            {
                Rate = average,
                Burst = Bytes(Math.Max((burst ?? DefaultBurst(average)).Bytes, frame)),
                Peak = fast,
                PeakBurst = Depth(fast, frame),
                Queue = queue,
            }
            : new TokenBucket { Rate = average, Burst = steady, Queue = queue };
    }

    private static ByteSize Depth(BitRate rate, long frame) => Bytes(Math.Max(Scaled(rate, DepthMilliseconds), frame));

    private static long Scaled(BitRate rate, int milliseconds) => rate.BytesPerSecond / 1000 * milliseconds;

    private static ByteSize Bytes(long bytes) => ByteSize.FromBytes(Math.Min(bytes, TokenBucket.MostBytes.Bytes));
}
