using Fabric.Bench.Datapath;
using Fabric.Primitives;

namespace Fabric.Bench.Qos;

/// <summary>A limit, the same in both directions.</summary>
/// <param name="Average">The rate over time.</param>
/// <param name="Peak">The rate while the burst lasts; the average when absent.</param>
/// <param name="Burst">How much goes above the average; Fabric's default when absent.</param>
public sealed record QosRates(BitRate Average, BitRate? Peak = null, ByteSize? Burst = null);

/// <summary>What is measured: two nodes with the overlay, and a pod on one of them that is limited.</summary>
public interface IQosSite : IAsyncDisposable
{
    /// <summary>The largest packet of the pods, in bytes.</summary>
    int Mtu { get; }

    /// <summary>A path from the limited pod, or to it, on its node or between nodes.</summary>
    PathEnds Path(bool sameNode, bool toLimited, bool v6);

    /// <summary>A path between nodes of pods that are not limited.</summary>
    PathEnds Neighbours { get; }

    /// <summary>
    /// Tells the node of the limited pod, which has a priority above its neighbours', how fast its uplink is, and returns when that is in
    /// force; null for no rate.
    /// </summary>
    Task RateUplinkAsync(BitRate? rate, CancellationToken cancellationToken);

    /// <summary>Starts a VM on the limited pod's node that is held to the same limits from then on, and returns when it serves.</summary>
    Task<GuestEnds> StartVmAsync(CancellationToken cancellationToken);

    /// <summary>Changes the limits of the pod, and of the VM if there is one, and returns when they are in force; null for none.</summary>
    Task LimitAsync(QosRates? rates, CancellationToken cancellationToken);
}
