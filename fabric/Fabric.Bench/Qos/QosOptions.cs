namespace Fabric.Bench.Qos;

/// <summary>How long is measured.</summary>
public sealed record QosOptions
{
    /// <summary>How long each measurement takes, in milliseconds; at least a second, over which datagrams are counted.</summary>
    public int Milliseconds { get; init; } = 2000;
}
