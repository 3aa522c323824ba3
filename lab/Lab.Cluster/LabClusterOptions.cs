namespace Lab.Cluster;

/// <summary>What the players of a lab's cluster need to know of it.</summary>
public sealed record LabClusterOptions
{
    /// <summary>The nodes.</summary>
    public required IReadOnlyList<LabNode> Nodes { get; init; }

    /// <summary>How often a node's runtime is asked what runs. As often as kubelet's own relisting.</summary>
    public TimeSpan RelistPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a node reports although nothing changed; less than the 40 s after which Kubernetes takes a silent node for lost.</summary>
    public TimeSpan HeartbeatPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a guest may take to say that its network is up before the instance says why it is not ready.</summary>
    /// <remarks>Many times the 2 to 5 s that the lab's guest takes under TCG, for a machine that is busy with others.</remarks>
    public TimeSpan GuestDeadline { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>A node of the lab.</summary>
/// <param name="Name">The Node object's name.</param>
/// <param name="Address">Its InternalIP.</param>
public sealed record LabNode(string Name, string Address);
