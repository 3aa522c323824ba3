using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cni.Netlink.Messages;
using Fabric.Primitives;

namespace Cni.Netlink;

public sealed partial class RouteSocket
{
    // Others than that of HoldRootQueue: the kernel changes a queue of the same handle, and replaces one of another.
    private const uint TokenBucketHandle = 0x0002_0000;
    private const uint OtherTokenBucketHandle = 0x0003_0000;

    /// <summary>Has a link send through a token bucket, in place of whatever root queue it has; in one step.</summary>
    /// <remarks>
    /// A bucket that is there is changed and keeps the frames that wait in it, unless the new one is less deep: a frame that was
    /// taken in and is longer than the bucket would wait for ever, so that then the bucket is exchanged and the frames are lost.
    /// It is full afterwards.
    /// </remarks>
    /// <exception cref="NetlinkException"><see cref="Errno.NoEntry"/>: the kernel has no such queue (module sch_tbf).</exception>
    public void SetTokenBucket(int linkIndex, TokenBucket bucket)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        var (present, handle) = FindRoot(linkIndex);
        if (present is null)
            handle = TokenBucketHandle;
        else if (bucket.LongestFrame < present.LongestFrame)
            handle = handle == TokenBucketHandle ? OtherTokenBucketHandle : TokenBucketHandle;
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWQDISC, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_REPLACE);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_handle = handle, tcm_parent = Wire.TC_H_ROOT });
        request.Attribute(Wire.TCA_KIND, "tbf");
        var options = request.BeginNest(Wire.TCA_OPTIONS);
        var parameters = new TcTbfQopt
        {
            rate = SpecOf(bucket.Rate),
            peakrate = bucket.Peak is { } peak ? SpecOf(peak) : default,
            limit = BytesOf(bucket.Queue),
        };
        request.Attribute(Wire.TCA_TBF_PARMS, MemoryMarshal.AsBytes(new ReadOnlySpan<TcTbfQopt>(in parameters)));
        request.Attribute(Wire.TCA_TBF_RATE64, (ulong)bucket.Rate.BytesPerSecond);
        // In bytes: as times at the rate, deep buckets of slow rates would not fit.
        request.Attribute(Wire.TCA_TBF_BURST, BytesOf(bucket.Burst));
        if (bucket.Peak is { } fast)
        {
            request.Attribute(Wire.TCA_TBF_PRATE64, (ulong)fast.BytesPerSecond);
            request.Attribute(Wire.TCA_TBF_PBURST, BytesOf(bucket.PeakBurst ?? throw new ArgumentException("a peak needs a PeakBurst", nameof(bucket))));
        }

        request.EndNest(options);
        Transact($"shape link {linkIndex}", request);
    }

    /// <returns>The token bucket that a link sends through, as the kernel has it; null when its root queue is another.</returns>
    public TokenBucket? FindTokenBucket(int linkIndex) => FindRoot(linkIndex).Bucket;

    private (TokenBucket? Bucket, uint Handle) FindRoot(int linkIndex)
    {
        // Without the echo the kernel tells only those who listen to all changes.
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETQDISC, Wire.NLM_F_ACK | Wire.NLM_F_ECHO);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_parent = Wire.TC_H_ROOT });
        TokenBucket? found = null;
        var handle = 0u;
        try
        {
            Transact($"look up the root queue of link {linkIndex}", request, (type, payload) =>
            {
                if (type == Wire.RTM_NEWQDISC && TryReadTokenBucket(payload, out var bucket))
                    (found, handle) = (bucket, MemoryMarshal.Read<TcMsg>(payload).tcm_handle);
            });
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoEntry)
        {
            // Only a queue of its own is shown.
        }

        return (found, handle);
    }

    internal static bool TryReadTokenBucket(ReadOnlySpan<byte> payload, out TokenBucket bucket)
    {
        bucket = null!;
        if (payload.Length < Unsafe.SizeOf<TcMsg>())
            return false;
        var isTokenBucket = false;
        ReadOnlySpan<byte> options = default;
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<TcMsg>()..]);
        while (attributes.Read())
        {
            if (attributes.Type == Wire.TCA_KIND)
                isTokenBucket = attributes.Text == "tbf";
            else if (attributes.Type == Wire.TCA_OPTIONS)
                options = attributes.Value;
        }

        if (!isTokenBucket)
            return false;
        var (parameters, rate64, peak64, isRead) = (default(TcTbfQopt), 0ul, 0ul, false);
        var details = new AttributeReader(options);
        while (details.Read())
        {
            if (details.Type == Wire.TCA_TBF_PARMS)
                isRead = MemoryMarshal.TryRead(details.Value, out parameters);
            else if (details.Type == Wire.TCA_TBF_RATE64)
                rate64 = details.UInt64;
            else if (details.Type == Wire.TCA_TBF_PRATE64)
                peak64 = details.UInt64;
        }

        if (!isRead)
            return false;
        var rate = RateOf(parameters.rate, rate64);
        BitRate? peak = parameters.peakrate.rate == 0 ? null : RateOf(parameters.peakrate, peak64);
        bucket = new TokenBucket
        {
            Rate = rate,
            Burst = TokenBucket.Depth(parameters.buffer, rate),
            Peak = peak,
            PeakBurst = peak is { } fast ? TokenBucket.Depth(parameters.mtu, fast) : null,
            Queue = ByteSize.FromBytes(parameters.limit),
        };
        return true;
    }

    private static TcRateSpec SpecOf(BitRate rate) => new()
    {
        linklayer = Wire.TC_LINKLAYER_ETHERNET,
        rate = (uint)Math.Min(rate.BytesPerSecond, uint.MaxValue),
    };

    private static BitRate RateOf(in TcRateSpec spec, ulong rate64) =>
        BitRate.FromBitsPerSecond((long)Math.Min(Math.Max(spec.rate, rate64), long.MaxValue / 8) * 8);

    private static uint BytesOf(ByteSize size) =>
        size <= TokenBucket.MostBytes ? (uint)size.Bytes : throw new ArgumentException($"{size} bytes are more than {TokenBucket.MostBytes}", nameof(size));
}
