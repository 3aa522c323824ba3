using Fabric.Primitives;

namespace Fabric.Bench.Population;

/// <summary>What is particular to one copy of a Nic.</summary>
internal readonly record struct NicCopy
{
    /// <summary>Name of the pod it belongs to.</summary>
    public required string Pod { get; init; }

    /// <summary>Name of its Subnet.</summary>
    public required string Subnet { get; init; }

    /// <summary>Its address.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>The address of its Subnet's router.</summary>
    public required IpAddress Gateway { get; init; }

    /// <summary>Its MAC, unlike any other's.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>The node it is attached on, where the pattern is attached.</summary>
    public string? Node { get; init; }
}
