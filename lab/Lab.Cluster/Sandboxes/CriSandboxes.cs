using System.Collections.Concurrent;
using Fabric.Primitives;
using Lab.Runner.Containerd;
using Cri = Lab.Runner.Containerd.Cri;

namespace Lab.Cluster.Sandboxes;

/// <summary>A node's sandboxes in its own containerd.</summary>
/// <param name="cri">The node's runtime.</param>
/// <param name="cgroupParent">The cgroup that pods' cgroups are made in.</param>
/// <param name="logs">Folder of the pods' logs.</param>
internal sealed class CriSandboxes(Cri cri, string cgroupParent, string logs) : ISandboxes
{
    // Long for what the lab itself runs in containers, short against a work queue's patience.
    private static readonly TimeSpan ExecDeadline = TimeSpan.FromSeconds(10);

    // A sandbox's namespace and addresses, and how a container ended, never change: asked for once. Bounded by what runs.
    private readonly ConcurrentDictionary<string, SandboxStatus> _sandboxes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ContainerReport> _ended = new(StringComparer.Ordinal);

    public Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken) => CallAsync(async () =>
    {
        var sandboxes = await cri.ListSandboxesAsync(cancellationToken);
        var containers = (await cri.ListContainersAsync(cancellationToken)).ToLookup(each => each.SandboxId, StringComparer.Ordinal);
        Forget(_sandboxes, sandboxes.Select(each => each.Id));
        Forget(_ended, containers.SelectMany(each => each).Select(each => each.Id));
        var described = new List<Sandbox>();
        foreach (var sandbox in sandboxes)
            described.Add(await DescribeAsync(sandbox, containers[sandbox.Id], cancellationToken));
        return (IReadOnlyList<Sandbox>)described;
    });

    public Task<string> RunAsync(SandboxWish wish, CancellationToken cancellationToken) => CallAsync(() =>
    {
        var spec = SpecOf(wish);
        Directory.CreateDirectory(spec.LogDirectory);
        return cri.RunSandboxAsync(spec, cancellationToken);
    });

    public Task StopAsync(string sandboxId, CancellationToken cancellationToken) => CallAsync(() => cri.StopSandboxAsync(sandboxId, cancellationToken));

    public Task RemoveAsync(string sandboxId, CancellationToken cancellationToken) => CallAsync(() => cri.RemoveSandboxAsync(sandboxId, cancellationToken));

    public Task<string> StartContainerAsync(string sandboxId, SandboxWish sandbox, ContainerWish wish, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        var spec = new ContainerSpec
        {
            Name = wish.Name,
            Image = ContainerImage.Name,
            Attempt = (uint)wish.Attempt,
            Command = wish.Command,
            Arguments = wish.Arguments,
            WorkingDirectory = wish.WorkingDirectory,
            Environment = wish.Environment,
            AddedCapabilities = wish.Capabilities,
            Labels = Labels(sandbox).Append(KeyValuePair.Create("io.kubernetes.container.name", wish.Name)).ToDictionary(StringComparer.Ordinal),
        };
        var id = await cri.CreateContainerAsync(sandboxId, SpecOf(sandbox), spec, cancellationToken);
        try
        {
            await cri.StartContainerAsync(id, cancellationToken);
        }
        catch (CriException)
        {
            // Its name and attempt would stay taken.
            await cri.RemoveContainerAsync(id, CancellationToken.None);
            throw;
        }
        return id;
    });

    public Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken) =>
        CallAsync(() => cri.StopContainerAsync(containerId, TimeSpan.FromSeconds(Math.Ceiling(grace.TotalSeconds)), cancellationToken));

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) =>
        CallAsync(() => cri.RemoveContainerAsync(containerId, cancellationToken));

    public Task ExecAsync(string containerId, IReadOnlyList<string> command, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        var result = await cri.ExecAsync(containerId, command, ExecDeadline, cancellationToken);
        if (result.ExitCode != 0)
            throw new SandboxException($"a command in container {containerId[..12]} ended with code {result.ExitCode}: {result.Error.Trim()}");
    });

    private async Task<Sandbox> DescribeAsync(SandboxSummary summary, IEnumerable<ContainerSummary> containers, CancellationToken cancellationToken)
    {
        var status = await StatusAsync(summary.Id, cancellationToken);
        var described = new List<SandboxContainer>();
        foreach (var container in containers.OrderBy(each => each.Id, StringComparer.Ordinal))
        {
            if (await DescribeAsync(container, cancellationToken) is { } one)
                described.Add(one);
        }
        return new Sandbox
        {
            Id = summary.Id,
            Pod = new PodIdentity(summary.Pod.Namespace, summary.Pod.Name, summary.Pod.Uid),
            Attempt = (int)summary.Pod.Attempt,
            IsReady = summary.Ready,
            IsHalfStopped = !summary.Ready && File.Exists(status?.NetworkNamespace),
            NetworkNamespace = summary.Ready ? status?.NetworkNamespace : null,
            Addresses = [.. (summary.Ready ? status?.Addresses : null) ?? []],
            CreatedAt = summary.CreatedAt,
            Containers = [.. described],
        };
    }

    private async Task<SandboxStatus?> StatusAsync(string id, CancellationToken cancellationToken)
    {
        if (_sandboxes.TryGetValue(id, out var known))
            return known;
        var status = await cri.SandboxStatusAsync(id, cancellationToken);
        if (status is { Ready: true })
            _sandboxes[id] = status;
        return status;
    }

    /// <returns>Null when it was removed meanwhile.</returns>
    private async Task<SandboxContainer?> DescribeAsync(ContainerSummary summary, CancellationToken cancellationToken)
    {
        if (!_ended.TryGetValue(summary.Id, out var report))
        {
            report = await cri.ContainerStatusAsync(summary.Id, cancellationToken);
            if (report is null)
                return null;
            if (report.Phase == Runner.Containerd.ContainerPhase.Exited)
                _ended[summary.Id] = report;
        }
        return new SandboxContainer
        {
            Id = summary.Id,
            Name = summary.Name,
            Attempt = (int)summary.Attempt,
            Phase = report.Phase switch
            {
                Runner.Containerd.ContainerPhase.Created => ContainerPhase.Created,
                Runner.Containerd.ContainerPhase.Running => ContainerPhase.Running,
                _ => ContainerPhase.Exited,
            },
            StartedAt = report.StartedAt,
            FinishedAt = report.FinishedAt,
            ExitCode = report.ExitCode,
            Reason = report.Reason is { Length: > 0 } reason ? reason : null,
        };
    }

    private SandboxSpec SpecOf(SandboxWish wish) => new()
    {
        Pod = new Runner.Containerd.PodIdentity(wish.Pod.Namespace, wish.Pod.Name, wish.Pod.Uid, (uint)wish.Attempt),
        // As kubelet: who shares the network shares the name, and runc refuses to set it.
        Hostname = wish.HostNetwork ? "" : wish.Hostname,
        HostNetwork = wish.HostNetwork,
        LogDirectory = Path.Combine(logs, $"{wish.Pod.Namespace}_{wish.Pod.Name}_{wish.Pod.Uid}"),
        CgroupParent = cgroupParent,
        HostPorts = [.. wish.HostPorts.Select(port => new HostPort(port.Protocol ?? "TCP", port.Number, port.HostPort!.Value))],
        Labels = Labels(wish).ToDictionary(StringComparer.Ordinal),
        Annotations = wish.Annotations,
    };

    /// <summary>The pod's own labels and those by which kubelet finds its sandboxes.</summary>
    private static EquatableMap<string, string> Labels(SandboxWish wish) => wish.Labels
        .With("io.kubernetes.pod.name", wish.Pod.Name)
        .With("io.kubernetes.pod.namespace", wish.Pod.Namespace)
        .With("io.kubernetes.pod.uid", wish.Pod.Uid);

    private static void Forget<T>(ConcurrentDictionary<string, T> known, IEnumerable<string> present)
    {
        foreach (var gone in known.Keys.Except(present, StringComparer.Ordinal).ToArray())
            known.TryRemove(gone, out _);
    }

    private static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (CriException e)
        {
            throw new SandboxException(e.Detail, e);
        }
    }

    private static Task<bool> CallAsync(Func<Task> call) => CallAsync(async () =>
    {
        await call();
        return true;
    });
}
