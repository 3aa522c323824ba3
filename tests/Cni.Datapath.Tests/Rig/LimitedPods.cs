using System.Globalization;
using Cni.Datapath.Shaping;
using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Datapath.Tests.Rig;

/// <summary>Pods of one test that are held to limits, and how their rates are compared.</summary>
internal static class LimitedPods
{
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

    public static void AssertNear(double wanted, double measured) => Assert.True(
        measured > wanted * 0.5 && measured < wanted * 1.5, string.Create(CultureInfo.InvariantCulture, $"{measured:N0} measured where {wanted:N0} was to be"));
}

/// <summary>One of them, which goes with its test.</summary>
internal sealed record LimitedPod(FastPathRig Rig, RigEndpoint Pod) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await Rig.RemoveAsync(Pod);
}
