namespace Lab.Runner.Lifecycle;

/// <summary>How a lab is, at one moment; what <c>fabric lab status -o json</c> prints.</summary>
public sealed record LabStatus
{
    /// <summary>The lab's id.</summary>
    public required string Lab { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether it came up whole, all its processes run, and its API answers.</summary>
    public required bool Healthy { get; init; }

    /// <summary>How to reach its API.</summary>
    public required ApiStatus Api { get; init; }

    /// <summary>Its underlay in CIDR form.</summary>
    public required string Underlay { get; init; }

    /// <summary>Its nodes.</summary>
    public required IReadOnlyList<NodeStatus> Nodes { get; init; }

    /// <summary>Everything that was started and has to run; guests are not among them.</summary>
    public required IReadOnlyList<ProcessStatus> Processes { get; init; }

    /// <summary>Its pods; empty when the API does not answer.</summary>
    public required IReadOnlyList<PodSummary> Pods { get; init; }

    /// <summary>Its virtual machine instances; empty when the API does not answer.</summary>
    public required IReadOnlyList<InstanceSummary> VirtualMachines { get; init; }
}

/// <summary>How to reach a lab's API.</summary>
/// <param name="Server">URL on the host.</param>
/// <param name="Kubeconfig">File for <c>kubectl --kubeconfig</c>.</param>
/// <param name="Reachable">Whether it answered.</param>
public sealed record ApiStatus(string Server, string Kubeconfig, bool Reachable);

/// <summary>A node of a lab.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its underlay address.</param>
/// <param name="Namespace">Its network namespace, for <c>ip netns exec</c>.</param>
/// <param name="Ready">Whether its Node object says that it is ready.</param>
public sealed record NodeStatus(string Name, string Address, string Namespace, bool Ready);

/// <summary>A process of a lab.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Pid">Its number on the host.</param>
/// <param name="Alive">Whether it runs.</param>
/// <param name="Log">What it printed.</param>
public sealed record ProcessStatus(string Name, int Pid, bool Alive, string? Log);

/// <summary>A pod.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Phase">Its phase.</param>
/// <param name="Node">Its node, once scheduled.</param>
/// <param name="Address">Its address, once it has one.</param>
public sealed record PodSummary(string Namespace, string Name, string? Phase, string? Node, string? Address);

/// <summary>A virtual machine instance.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Phase">Its phase.</param>
/// <param name="Node">Its node, once scheduled.</param>
/// <param name="Addresses">The addresses of its interfaces.</param>
public sealed record InstanceSummary(string Namespace, string Name, string? Phase, string? Node, IReadOnlyList<string> Addresses);
