using Cni.Netlink;

namespace Cni.Datapath.Shaping;

/// <summary>What is done with an endpoint's frames besides carrying them. Directions are the endpoint's.</summary>
public sealed record EndpointLimits
{
    /// <summary>Nothing is limited or marked.</summary>
    public static EndpointLimits None { get; } = new();

    /// <summary>What it is sent goes through this; null for no limit.</summary>
    public TokenBucket? Ingress { get; init; }

    /// <summary>What it sends goes through this; null for no limit.</summary>
    public TokenBucket? Egress { get; init; }

    /// <summary>The DSCP that what it sends is given, 0 to 63 (RFC 2474); null leaves it as it is.</summary>
    public int? Dscp { get; init; }

    /// <summary>What it is held to together with others; null for nothing.</summary>
    public SumLimits? Sum { get; init; }
}

/// <summary>What the sum of several endpoints is held to. Directions are the endpoints'.</summary>
public sealed record SumLimits
{
    /// <summary>Which sum: endpoints that name the same are in one.</summary>
    public required SumNames Names { get; init; }

    /// <summary>What they are sent goes through this; null for no limit.</summary>
    public TokenBucket? Ingress { get; init; }

    /// <summary>What they send goes through this, behind their own; null for no limit.</summary>
    public TokenBucket? Egress { get; init; }
}
