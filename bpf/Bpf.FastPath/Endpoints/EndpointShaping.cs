namespace Bpf.FastPath.Endpoints;

/// <summary>What the programs do with an endpoint's frames besides carrying them. <c>default</c> is nothing.</summary>
/// <param name="IsQueued">Whether what enters goes through the queue of the host end.</param>
/// <param name="Shaper">The shaper that what leaves goes through first; null for none.</param>
/// <param name="Dscp">The DSCP that what leaves is given, 0 to 63 (RFC 2474); null leaves it as it is.</param>
public readonly record struct EndpointShaping(bool IsQueued, ShaperDevices? Shaper, int? Dscp)
{
    /// <summary>The shaper that what enters goes through together with what other endpoints are sent; null for none.</summary>
    public ShaperDevices? SumIn { get; init; }

    /// <summary>The same for what leaves, behind <see cref="Shaper"/>.</summary>
    public ShaperDevices? SumOut { get; init; }
}

/// <summary>A veth pair on the node through which frames go: the queue of one end holds them back, and the programs take them up at the other.</summary>
/// <param name="NearIndex">The end with the queue, by its ifindex.</param>
/// <param name="FarIndex">The end where frames come out.</param>
public readonly record struct ShaperDevices(int NearIndex, int FarIndex);

/// <summary>The queues inside of a sum's bucket: SUM_* of endpoint_types.h.</summary>
public static class SumQueues
{
    /// <summary>The handle of the queueing discipline that has them.</summary>
    public const uint Handle = 0x0004_0000;

    /// <summary>How many there are, numbered from 1: an endpoint waits in one, which others have as well when there are more of them.</summary>
    public const int Count = 64;
}
