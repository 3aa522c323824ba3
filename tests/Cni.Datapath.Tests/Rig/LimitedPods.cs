using System.Globalization;
using Cni.Datapath.Shaping;
using Cni.Datapath.Tests.Traffic;
using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Datapath.Tests.Rig;

/// <summary>Pods of one test that are held to limits, and how their rates are compared.</summary>
internal static class LimitedPods
{
    private const int Windows = 6;

    private static int _count;

    public static async Task<LimitedPod> AddLimitedAsync(this FastPathRig rig, EndpointLimits limits, EndpointKind kind = EndpointKind.Container)
    {
        var number = 100 + Interlocked.Increment(ref _count);
        var pod = await rig.AddAsync(rig.Node1, "red", $"10.70.1.{number}", $"02:00:00:70:02:{number:x2}", $"fd70:1::{number:x}", kind);
        Assert.Null(rig.Node1.Limit(pod, limits));
        return new LimitedPod(rig, pod);
    }

    public static TokenBucket Bucket(double rate) => BucketSize.For(Rate(rate), peak: null, burst: null, new Mtu(1442));

    public static BitRate Rate(double rate) => BitRate.FromBitsPerSecond((long)rate);

    /// <summary>More than the rate never arrives; less may, while a stream looks for its rate or a busy machine keeps its sender waiting.</summary>
    public static void AssertHeld(double rate, OneWay stream)
    {
        var measured = stream.Measure();
        for (var window = 1; window < Windows && measured < rate / 2; window++)
            measured = stream.Measure();
        AssertNear(rate, measured);
    }

    /// <summary>That nothing holds a stream to a rate: it is more at times, however busy the machine.</summary>
    public static void AssertMore(double rate, OneWay stream)
    {
        var measured = stream.Measure();
        for (var window = 1; window < Windows && measured <= rate; window++)
            measured = stream.Measure();
        Assert.True(measured > rate, string.Create(CultureInfo.InvariantCulture, $"{measured:N0} measured where more than {rate:N0} was to be"));
    }

    public static void AssertNear(double wanted, double measured) => Assert.True(
        measured > wanted * 0.5 && measured < wanted * 1.5, string.Create(CultureInfo.InvariantCulture, $"{measured:N0} measured where {wanted:N0} was to be"));
}

/// <summary>One of them, which goes with its test.</summary>
internal sealed record LimitedPod(FastPathRig Rig, RigEndpoint Pod) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await Rig.RemoveAsync(Pod);
}
