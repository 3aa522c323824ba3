namespace Lab.Runner.State;

/// <summary>What one lab is made of, as <c>lab.json</c> in its folder tells every later command.</summary>
public sealed record LabRecord
{
    /// <summary>The lab's id.</summary>
    public required string Id { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Underlay in CIDR form; it exists only inside the lab's own namespaces.</summary>
    public required string Underlay { get; init; }

    /// <summary>Underlay address of the control plane.</summary>
    public required string CentralAddress { get; init; }

    /// <summary>Port on 127.0.0.1 of the host that reaches the API server.</summary>
    public required int ApiPort { get; init; }

    /// <summary>Whether OVS forwards in the kernel (its module is there) or in its own process.</summary>
    public required bool KernelDatapath { get; init; }

    /// <summary>The nodes, in order.</summary>
    public required IReadOnlyList<NodeRecord> Nodes { get; init; }

    /// <summary>The folder with the guest's kernel and initramfs.</summary>
    public required string GuestFolder { get; init; }

    /// <summary>The process that the lab was made for and ends with; null for one that outlives who made it.</summary>
    public LabOwner? Owner { get; init; }

    /// <summary>Whether all of it came up.</summary>
    public bool Complete { get; init; }

    /// <summary>Namespace of the control plane.</summary>
    public string CentralNamespace => LabId.Parse(Id).Prefix + "-central";

    /// <summary>The cgroup that everything of the lab runs in, below each hierarchy's mount point.</summary>
    public string Cgroup => LabId.Parse(Id).Prefix;
}

/// <summary>The process that a lab was made for.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTicks">When it started: see <see cref="Processes.ProcessIdentity"/>.</param>
public sealed record LabOwner(int Pid, ulong StartTicks);

/// <summary>One node of a lab.</summary>
public sealed record NodeRecord
{
    /// <summary>Port on loopback in the node's namespace at which its agent serves <c>/metrics</c>.</summary>
    public const int MetricsPort = 9464;

    /// <summary>Name of the Node object, the OVS system-id and hostname: <c>node1</c>, …</summary>
    public required string Name { get; init; }

    /// <summary>Network namespace under <c>/run/netns</c>.</summary>
    public required string Namespace { get; init; }

    /// <summary>Tunnel endpoint and InternalIP.</summary>
    public required string Address { get; init; }

    /// <summary>Folder with everything of the node.</summary>
    public required string Folder { get; init; }

    /// <summary>OVS's database socket.</summary>
    public string OvsSocket => $"{Folder}/db.sock";

    /// <summary>containerd's CRI socket.</summary>
    public string CriSocket => $"{Folder}/cri.sock";

    /// <summary>The agent's CNI socket.</summary>
    public string CniSocket => $"{Folder}/cni.sock";
}
