using System.Text.Json;
using Lab.Runner.Containerd.Wire;
using Lab.Runner.Processes;

namespace Lab.Runner.Containerd;

/// <summary>One node's container runtime, by the interface that a kubelet uses (CRI <c>runtime.v1</c>).</summary>
/// <remarks>
/// Every method throws <see cref="CriException"/> when the runtime refuses or is not reached. Stopping and removing what is
/// gone already succeeds, as the interface promises. Thread-safe.
/// </remarks>
public sealed class Cri : IDisposable
{
    private const string Service = "runtime.v1.RuntimeService";

    // kubelet's own default for a runtime call (--runtime-request-timeout).
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    // A sandbox waits for the CNI plugin, which waits for OVN; kubelet gives it twice the usual time.
    private static readonly TimeSpan Sandbox = TimeSpan.FromMinutes(4);
    private readonly GrpcChannel _channel;

    /// <summary>Names the runtime's socket; the first call connects.</summary>
    public Cri(string socketPath) => _channel = new GrpcChannel(socketPath);

    /// <summary>Name and version of the runtime, e.g. <c>containerd 1.6.20</c>.</summary>
    public async Task<string> VersionAsync(CancellationToken cancellationToken)
    {
        // Also the question whether it is there, so it must not wait long.
        VersionResponse answer = await _channel.CallAsync(Service, "Version", new VersionRequest { Version = "v1" }, VersionResponse.Parser, TimeSpan.FromSeconds(5), cancellationToken);
        return $"{answer.RuntimeName} {answer.RuntimeVersion}";
    }

    /// <summary>The CNI networks to which the runtime attaches sandboxes, as it has read their configuration: containerd's JSON.</summary>
    public async Task<string> NetworksAsync(CancellationToken cancellationToken)
    {
        StatusResponse answer = await _channel.CallAsync(Service, "Status", new StatusRequest { Verbose = true }, StatusResponse.Parser, Usual, cancellationToken);
        return answer.Info.TryGetValue("cniconfig", out string? networks) ? networks : "";
    }

    /// <summary>Whether the runtime has an image.</summary>
    public async Task<bool> HasImageAsync(string image, CancellationToken cancellationToken)
    {
        var request = new ImageStatusRequest { Image = new ImageSpec { Image = image } };
        return (await _channel.CallAsync("runtime.v1.ImageService", "ImageStatus", request, ImageStatusResponse.Parser, Usual, cancellationToken)).Image is not null;
    }

    /// <summary>Makes and starts a pod's sandbox: its namespaces, its network by CNI, its pause process.</summary>
    /// <returns>The sandbox's id.</returns>
    public async Task<string> RunSandboxAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        var request = new RunPodSandboxRequest { Config = Config(spec) };
        return (await _channel.CallAsync(Service, "RunPodSandbox", request, RunPodSandboxResponse.Parser, Sandbox, cancellationToken)).PodSandboxId;
    }

    /// <summary>Ends a sandbox's containers and takes its network down (CNI DEL).</summary>
    public Task StopSandboxAsync(string id, CancellationToken cancellationToken) =>
        CallAsync("StopPodSandbox", new StopPodSandboxRequest { PodSandboxId = id }, StopPodSandboxResponse.Parser, Sandbox, cancellationToken);

    /// <summary>Removes a sandbox with all its containers; it is stopped if it was not.</summary>
    public Task RemoveSandboxAsync(string id, CancellationToken cancellationToken) =>
        CallAsync("RemovePodSandbox", new RemovePodSandboxRequest { PodSandboxId = id }, RemovePodSandboxResponse.Parser, Sandbox, cancellationToken);

    /// <summary>A sandbox's state, addresses and network namespace.</summary>
    /// <returns>Null when there is no such sandbox.</returns>
    public async Task<SandboxStatus?> SandboxStatusAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            var request = new PodSandboxStatusRequest { PodSandboxId = id, Verbose = true };
            PodSandboxStatusResponse answer = await _channel.CallAsync(Service, "PodSandboxStatus", request, PodSandboxStatusResponse.Parser, Usual, cancellationToken);
            PodSandboxStatus status = answer.Status;
            IEnumerable<string> addresses = status.Network is { Ip.Length: > 0 } network ? [network.Ip, .. network.AdditionalIps.Select(a => a.Ip)] : [];
            return new SandboxStatus
            {
                Id = status.Id,
                Pod = Identity(status.Metadata),
                Ready = status.State == PodSandboxState.SandboxReady,
                CreatedAt = Time(status.CreatedAt),
                Addresses = [.. addresses],
                NetworkNamespace = answer.Info.TryGetValue("info", out string? info) ? NetworkNamespace(info) : null,
            };
        }
        catch (CriException e) when (e.Code == CriStatus.NotFound)
        {
            return null;
        }
    }

    /// <summary>All sandboxes of the node, or those whose labels have these values.</summary>
    public async Task<IReadOnlyList<SandboxSummary>> ListSandboxesAsync(CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? labels = null)
    {
        var filter = new PodSandboxFilter();
        filter.LabelSelector.Add(labels is null ? [] : labels.ToDictionary(StringComparer.Ordinal));
        ListPodSandboxResponse answer = await _channel.CallAsync(Service, "ListPodSandbox", new ListPodSandboxRequest { Filter = filter }, ListPodSandboxResponse.Parser, Usual, cancellationToken);
        return [.. answer.Items.Select(s => new SandboxSummary(s.Id, Identity(s.Metadata), s.State == PodSandboxState.SandboxReady, Time(s.CreatedAt), s.Labels))];
    }

    /// <summary>Makes a container in a sandbox; <see cref="StartContainerAsync"/> starts it.</summary>
    /// <returns>The container's id.</returns>
    public async Task<string> CreateContainerAsync(string sandboxId, SandboxSpec sandbox, ContainerSpec spec, CancellationToken cancellationToken)
    {
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = spec.Name, Attempt = spec.Attempt },
            Image = new ImageSpec { Image = spec.Image },
            WorkingDir = spec.WorkingDirectory ?? "",
            LogPath = $"{spec.Name}_{spec.Attempt}.log",
            Linux = new LinuxContainerConfig { SecurityContext = SecurityContext(spec, sandbox.HostNetwork) },
        };
        config.Command.Add(spec.Command);
        config.Args.Add(spec.Arguments);
        config.Envs.Add(spec.Environment.Select(e => new KeyValue { Key = e.Key, Value = e.Value }));
        config.Labels.Add(spec.Labels.ToDictionary(StringComparer.Ordinal));
        var request = new CreateContainerRequest { PodSandboxId = sandboxId, Config = config, SandboxConfig = Config(sandbox) };
        return (await _channel.CallAsync(Service, "CreateContainer", request, CreateContainerResponse.Parser, Usual, cancellationToken)).ContainerId;
    }

    /// <summary>Starts a container that was made.</summary>
    public Task StartContainerAsync(string id, CancellationToken cancellationToken) =>
        CallAsync("StartContainer", new StartContainerRequest { ContainerId = id }, StartContainerResponse.Parser, Usual, cancellationToken);

    /// <summary>Asks a container to end (SIGTERM) and ends it (SIGKILL) when it has not within the grace, in whole seconds; 0 ends it at once.</summary>
    public Task StopContainerAsync(string id, TimeSpan grace, CancellationToken cancellationToken) =>
        CallAsync("StopContainer", new StopContainerRequest { ContainerId = id, Timeout = (long)grace.TotalSeconds }, StopContainerResponse.Parser, grace + Usual, cancellationToken);

    /// <summary>Removes a container, ending it if it runs.</summary>
    public Task RemoveContainerAsync(string id, CancellationToken cancellationToken) =>
        CallAsync("RemoveContainer", new RemoveContainerRequest { ContainerId = id }, RemoveContainerResponse.Parser, Usual, cancellationToken);

    /// <summary>All containers of the node, or those of one sandbox, or those whose labels have these values.</summary>
    public async Task<IReadOnlyList<ContainerSummary>> ListContainersAsync(CancellationToken cancellationToken, string? sandboxId = null, IReadOnlyDictionary<string, string>? labels = null)
    {
        var filter = new ContainerFilter { PodSandboxId = sandboxId ?? "" };
        filter.LabelSelector.Add(labels is null ? [] : labels.ToDictionary(StringComparer.Ordinal));
        ListContainersResponse answer = await _channel.CallAsync(Service, "ListContainers", new ListContainersRequest { Filter = filter }, ListContainersResponse.Parser, Usual, cancellationToken);
        return [.. answer.Containers.Select(c => new ContainerSummary(c.Id, c.PodSandboxId, c.Metadata.Name, c.Metadata.Attempt, (ContainerPhase)c.State, c.Labels))];
    }

    /// <summary>A container's state and how it ended.</summary>
    /// <returns>Null when there is no such container.</returns>
    public async Task<ContainerReport?> ContainerStatusAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            ContainerStatus status = (await _channel.CallAsync(Service, "ContainerStatus", new ContainerStatusRequest { ContainerId = id }, ContainerStatusResponse.Parser, Usual, cancellationToken)).Status;
            return new ContainerReport
            {
                Id = status.Id,
                Name = status.Metadata.Name,
                Attempt = status.Metadata.Attempt,
                Phase = (ContainerPhase)status.State,
                StartedAt = status.StartedAt > 0 ? Time(status.StartedAt) : null,
                FinishedAt = status.FinishedAt > 0 ? Time(status.FinishedAt) : null,
                ExitCode = status.ExitCode,
                ImageRef = status.ImageRef,
                Reason = status.Reason,
                Message = status.Message,
            };
        }
        catch (CriException e) when (e.Code == CriStatus.NotFound)
        {
            return null;
        }
    }

    /// <summary>Runs a command in a running container to its end, without standard input.</summary>
    /// <param name="id">The container.</param>
    /// <param name="command">Program and arguments, found by the container's PATH; no shell is involved.</param>
    /// <param name="deadline">In whole seconds; the runtime ends the command when it passes and the call fails.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    public async Task<ToolResult> ExecAsync(string id, IReadOnlyList<string> command, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var request = new ExecSyncRequest { ContainerId = id, Timeout = Math.Max(1, (long)deadline.TotalSeconds) };
        request.Cmd.Add(command);
        ExecSyncResponse answer = await _channel.CallAsync(Service, "ExecSync", request, ExecSyncResponse.Parser, deadline + TimeSpan.FromSeconds(10), cancellationToken);
        return new ToolResult(answer.ExitCode, answer.Stdout.ToStringUtf8(), answer.Stderr.ToStringUtf8());
    }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    /// <summary>Finds the network namespace in what containerd tells about a sandbox when asked to be verbose.</summary>
    /// <returns>Its path, or null when the sandbox has none of its own.</returns>
    internal static string? NetworkNamespace(string info)
    {
        using JsonDocument document = JsonDocument.Parse(info);
        if (!document.RootElement.TryGetProperty("runtimeSpec", out JsonElement spec)
            || !spec.TryGetProperty("linux", out JsonElement linux)
            || !linux.TryGetProperty("namespaces", out JsonElement namespaces))
        {
            return null;
        }

        return namespaces.EnumerateArray()
            .Where(n => n.TryGetProperty("type", out JsonElement type) && type.GetString() == "network")
            .Select(n => n.TryGetProperty("path", out JsonElement path) ? path.GetString() : null)
            .FirstOrDefault();
    }

    private async Task CallAsync<TResponse>(string method, Google.Protobuf.IMessage request, Google.Protobuf.MessageParser<TResponse> parser, TimeSpan deadline, CancellationToken cancellationToken)
        where TResponse : class, Google.Protobuf.IMessage<TResponse> =>
        await _channel.CallAsync(Service, method, request, parser, deadline, cancellationToken);

    private static PodSandboxConfig Config(SandboxSpec spec)
    {
        var config = new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata { Name = spec.Pod.Name, Namespace = spec.Pod.Namespace, Uid = spec.Pod.Uid, Attempt = spec.Pod.Attempt },
            Hostname = spec.Hostname,
            LogDirectory = spec.LogDirectory,
            Linux = new LinuxPodSandboxConfig
            {
                CgroupParent = spec.CgroupParent,
                SecurityContext = new LinuxSandboxSecurityContext { NamespaceOptions = Namespaces(spec.HostNetwork) },
            },
        };
        if (spec.DnsServers.Count > 0)
        {
            config.DnsConfig = new DNSConfig();
            config.DnsConfig.Servers.Add(spec.DnsServers);
        }

        config.PortMappings.Add(spec.HostPorts.Select(port => new PortMapping { Protocol = ProtocolOf(port), ContainerPort = port.ContainerPort, HostPort = port.Port }));
        config.Labels.Add(spec.Labels.ToDictionary(StringComparer.Ordinal));
        config.Annotations.Add(spec.Annotations.ToDictionary(StringComparer.Ordinal));
        return config;
    }

    private static LinuxContainerSecurityContext SecurityContext(ContainerSpec spec, bool hostNetwork)
    {
        var context = new LinuxContainerSecurityContext { NamespaceOptions = Namespaces(hostNetwork), Privileged = false };
        if (spec.AddedCapabilities.Count > 0)
        {
            context.Capabilities = new Capability();
            context.Capabilities.AddCapabilities.Add(spec.AddedCapabilities);
        }

        return context;
    }

    private static Protocol ProtocolOf(HostPort port) => port.Protocol switch
    {
        "UDP" => Protocol.Udp,
        "SCTP" => Protocol.Sctp,
        _ => Protocol.Tcp,
    };

    // Kubernetes' defaults: network and IPC belong to the pod, process numbers to each container.
    private static NamespaceOption Namespaces(bool hostNetwork) => new() { Network = hostNetwork ? NamespaceMode.Node : NamespaceMode.Pod, Pid = NamespaceMode.Container, Ipc = NamespaceMode.Pod };

    private static PodIdentity Identity(PodSandboxMetadata metadata) => new(metadata.Namespace, metadata.Name, metadata.Uid, metadata.Attempt);

    private static DateTimeOffset Time(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
