namespace Lab.Runner.Containerd;

/// <summary>Which pod a sandbox is for, and the how-manieth it is.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Uid">The pod's uid.</param>
/// <param name="Attempt">0 for the pod's first sandbox, counted up when one is replaced; a name and attempt may exist once.</param>
public sealed record PodIdentity(string Namespace, string Name, string Uid, uint Attempt);

/// <summary>The sandbox wanted for a pod.</summary>
public sealed record SandboxSpec
{
    /// <summary>Which pod.</summary>
    public required PodIdentity Pod { get; init; }

    /// <summary>Hostname inside.</summary>
    public required string Hostname { get; init; }

    /// <summary>Folder on the host for the containers' logs.</summary>
    public required string LogDirectory { get; init; }

    /// <summary>Cgroup that the pod's own is made in, with a leading slash.</summary>
    public required string CgroupParent { get; init; }

    /// <summary>Whether it shares the network that the runtime itself is in; then CNI is not called.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>Name servers in <c>/etc/resolv.conf</c>; none: the host's file is used.</summary>
    public IReadOnlyList<string> DnsServers { get; init; } = [];

    /// <summary>Ports of the node that are to lead into it, which is up to a plugin that has the capability <c>portMappings</c>.</summary>
    public IReadOnlyList<HostPort> HostPorts { get; init; } = [];

    /// <summary>Kept by the runtime, to find the sandbox again.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Kept by the runtime, and handed to CNI as it pleases.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}

/// <summary>A port of the node that is to lead into a sandbox.</summary>
/// <param name="Protocol"><c>TCP</c>, <c>UDP</c> or <c>SCTP</c>.</param>
/// <param name="ContainerPort">The port in the sandbox.</param>
/// <param name="Port">The node's.</param>
public sealed record HostPort(string Protocol, int ContainerPort, int Port);

/// <summary>The container wanted in a sandbox.</summary>
public sealed record ContainerSpec
{
    /// <summary>Name as in the pod.</summary>
    public required string Name { get; init; }

    /// <summary>An image that the runtime has: see <see cref="ContainerImage.Name"/>.</summary>
    public required string Image { get; init; }

    /// <summary>0 for the first start, counted up at each restart.</summary>
    public uint Attempt { get; init; }

    /// <summary>Replaces the image's entry point when not empty.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Replaces the image's arguments when not empty.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Folder that it starts in; null is the image's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Environment in addition to the image's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Kept by the runtime, to find the container again.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Capabilities beyond containerd's default set, without <c>CAP_</c>, e.g. <c>NET_ADMIN</c>.</summary>
    public IReadOnlyList<string> AddedCapabilities { get; init; } = [];
}

/// <summary>A sandbox in a list.</summary>
/// <param name="Id">The runtime's id.</param>
/// <param name="Pod">Which pod it is for.</param>
/// <param name="Ready">Whether its pause process runs.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Labels">As given when it was made.</param>
public sealed record SandboxSummary(string Id, PodIdentity Pod, bool Ready, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Labels);

/// <summary>A sandbox's state.</summary>
public sealed record SandboxStatus
{
    /// <summary>The runtime's id.</summary>
    public required string Id { get; init; }

    /// <summary>Which pod it is for.</summary>
    public required PodIdentity Pod { get; init; }

    /// <summary>Whether its pause process runs.</summary>
    public required bool Ready { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The addresses that CNI answered, the primary first.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Path of the network namespace, as <c>nsenter --net=</c> takes it.</summary>
    public required string? NetworkNamespace { get; init; }
}

/// <summary>A container in a list.</summary>
/// <param name="Id">The runtime's id.</param>
/// <param name="SandboxId">The sandbox it is in.</param>
/// <param name="Name">Name as in the pod.</param>
/// <param name="Attempt">Which start of it this is.</param>
/// <param name="Phase">What it does.</param>
/// <param name="Labels">As given when it was made.</param>
public sealed record ContainerSummary(string Id, string SandboxId, string Name, uint Attempt, ContainerPhase Phase, IReadOnlyDictionary<string, string> Labels);

/// <summary>A container's state and how it ended.</summary>
public sealed record ContainerReport
{
    /// <summary>The runtime's id.</summary>
    public required string Id { get; init; }

    /// <summary>Name as in the pod.</summary>
    public required string Name { get; init; }

    /// <summary>Which start of it this is.</summary>
    public required uint Attempt { get; init; }

    /// <summary>What it does.</summary>
    public required ContainerPhase Phase { get; init; }

    /// <summary>When it was started, if it was.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended, if it has.</summary>
    public required DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Exit code, or 128 and the signal's number; meaningful once it has ended.</summary>
    public required int ExitCode { get; init; }

    /// <summary>Digest of the image that runs.</summary>
    public required string ImageRef { get; init; }

    /// <summary>Why it is in its state, in one word: <c>Completed</c>, <c>Error</c>, <c>OOMKilled</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>More words, if the runtime has any.</summary>
    public required string Message { get; init; }
}

/// <summary>What a container does; the numbers are the interface's.</summary>
public enum ContainerPhase
{
    /// <summary>Made and not started.</summary>
    Created = 0,

    /// <summary>Runs.</summary>
    Running = 1,

    /// <summary>Has ended.</summary>
    Exited = 2,

    /// <summary>The runtime lost track of it.</summary>
    Unknown = 3,
}
