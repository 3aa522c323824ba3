namespace Fabric.Bench.Scale;

/// <summary>How large a network <c>fabric bench scale</c> works on.</summary>
public sealed record ScaleOptions
{
    /// <summary>The sizes by which Fabric is judged.</summary>
    public static ScaleOptions Full { get; } = new() { Nics = 100_000, Subnets = 1000, Nodes = 500 };

    /// <summary>Nics, spread evenly over subnets and nodes.</summary>
    public int Nics { get; init; } = 10_000;

    /// <summary>Subnets of 256 addresses.</summary>
    public int Subnets { get; init; } = 100;

    /// <summary>Nodes, each with a watch on a connection of its own.</summary>
    public int Nodes { get; init; } = 50;

    /// <summary>Changes of a Nic, one after the other, whose way to the node's watch is timed.</summary>
    public int Changes { get; init; } = 500;

    /// <summary>How often the server is killed and started again.</summary>
    public int Repetitions { get; init; } = 3;

    /// <summary>What is wrong with them, or null.</summary>
    public string? Check() =>
        Nics > Subnets * ScaleNetwork.NicsInSubnet ? $"--nics {Nics} do not fit into --subnets {Subnets}: one has room for {ScaleNetwork.NicsInSubnet}"
        : Subnets > ScaleNetwork.MostSubnets ? $"--subnets {Subnets}: give at most {ScaleNetwork.MostSubnets}"
        : null;
}
