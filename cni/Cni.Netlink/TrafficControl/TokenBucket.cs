using Fabric.Primitives;

namespace Cni.Netlink;

/// <summary>
/// A queue that lets frames go at a rate, and keeps the others back until there is room for them (tc-tbf(8)). Lengths are
/// those of whole Ethernet frames without their check sequence; every segment of a GSO frame counts with its headers.
/// </summary>
public sealed record TokenBucket
{
    /// <summary>The most that fits the kernel's attribute: 2^32-1 bytes.</summary>
    public static ByteSize MostBytes { get; } = ByteSize.FromBytes(uint.MaxValue);

    /// <summary>The rate at which the bucket fills. The kernel has whole bytes a second: at least 8 bit/s.</summary>
    public required BitRate Rate { get; init; }

    /// <summary>What the bucket holds: as much goes at once after a pause, at the peak if there is one.</summary>
    /// <remarks>A longer GSO frame is cut up, any other longer frame is dropped. At most <see cref="MostBytes"/>.</remarks>
    public required ByteSize Burst { get; init; }

    /// <summary>The rate at which the bucket is emptied at most, which is more than <see cref="Rate"/>; as fast as can be when absent.</summary>
    public BitRate? Peak { get; init; }

    /// <summary>What goes at once at the peak, with the same limits as <see cref="Burst"/>; needed with a peak.</summary>
    public ByteSize? PeakBurst { get; init; }

    /// <summary>The bytes that wait at most; what comes on top of them is dropped. At most <see cref="MostBytes"/>.</summary>
    public required ByteSize Queue { get; init; }

    /// <summary>The longest frame that is taken in whole.</summary>
    internal ByteSize LongestFrame => PeakBurst is { } peak && peak < Burst ? peak : Burst;

    /// <summary>
    /// Whether this is what the kernel says when it was told <paramref name="wanted"/>: it keeps whole bytes a second and, for the depths,
    /// 32 bits of ticks of 64 ns.
    /// </summary>
    public bool IsAsToldTo(TokenBucket wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return Rate.BytesPerSecond == wanted.Rate.BytesPerSecond && Peak?.BytesPerSecond == wanted.Peak?.BytesPerSecond && Queue == wanted.Queue
            && Ticks(wanted.Burst, wanted.Rate) is var burst && IsNear(Ticks(Burst, Rate), burst, Rate)
            && (wanted.Peak is not { } peak || IsNear(Ticks(PeakBurst ?? default, Peak!.Value), Ticks(wanted.PeakBurst ?? default, peak), peak));
    }

    /// <summary>How long a depth takes at a rate, in the kernel's ticks, which wrap around at 275 seconds.</summary>
    internal static uint Ticks(ByteSize depth, BitRate rate) =>
        unchecked((uint)((UInt128)depth.Bytes * NanosecondsPerSecond / (UInt128)Math.Max(1, rate.BytesPerSecond) / NanosecondsPerTick));

    /// <summary>The bytes of a time in ticks.</summary>
    internal static ByteSize Depth(uint ticks, BitRate rate) =>
        ByteSize.FromBytes((long)(((UInt128)ticks * NanosecondsPerTick * (UInt128)rate.BytesPerSecond + NanosecondsPerSecond - 1) / NanosecondsPerSecond));

    private const uint NanosecondsPerSecond = 1_000_000_000;

    // PSCHED_SHIFT of net/pkt_sched.h is 6.
    private const uint NanosecondsPerTick = 64;

    // Depths are whole bytes here, and those of slow rates take many ticks.
    private static bool IsNear(uint left, uint right, BitRate rate) =>
        Math.Abs((long)left - right) <= Math.Max(2, right / 1_000_000) + Ticks(ByteSize.FromBytes(1), rate);
}
