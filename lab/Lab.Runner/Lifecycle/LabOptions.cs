namespace Lab.Runner.Lifecycle;

/// <summary>What lab is wanted.</summary>
public sealed record LabOptions
{
    /// <summary>The most nodes a lab may have: what one underlay and a two-digit node name hold comfortably.</summary>
    public const int MaxNodes = 16;

    /// <summary>Its name: 1 to 6 of <c>a-z</c> and <c>0-9</c>, the first a letter; null makes one up.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the lab is for this process alone: if it is killed, <see cref="FabricLab.ListAbandoned"/> names the lab.</summary>
    public bool EndsWithCaller { get; init; }

    /// <summary>Number of nodes, 1 to <see cref="MaxNodes"/>.</summary>
    public int Nodes { get; init; } = 2;

    /// <summary>The <c>fabric</c> program, which runs as server, agent and runner.</summary>
    public required string FabricProgram { get; init; }

    /// <summary>What comes before the command, such as the assembly where <see cref="FabricProgram"/> is <c>dotnet</c>.</summary>
    public IReadOnlyList<string> FabricArguments { get; init; } = [];

    /// <summary>
    /// Whether workloads can run in it. Without, it has networks, OVN, server and agents, but nothing that plays a cluster: no
    /// container runtime, no guests, no runner, so no relay of the API either, and nobody makes its Nodes ready.
    /// </summary>
    public bool Workloads { get; init; } = true;

    /// <summary>The <c>fabric-cni</c> program, which the container runtime calls.</summary>
    public required string CniProgram { get; init; }

    /// <summary>Folder that keeps the guest's image between labs.</summary>
    public required string GuestCache { get; init; }

    /// <summary>Whether OVS forwards in the kernel; null: it does where its module is to be had.</summary>
    public bool? KernelDatapath { get; init; }
}
