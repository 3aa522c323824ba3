using Lab.Cluster.Sandboxes;

namespace Lab.Cluster.Tests.Cluster;

/// <summary>A node's sandboxes in memory: what the players ask for, and what a test makes happen.</summary>
internal sealed class MemorySandboxes(string node) : ISandboxes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Sandbox> _sandboxes = [];
    private int _made;

    /// <summary>Thrown by the next sandbox to be made, until cleared.</summary>
    public string? Refusal { get; set; }

    public List<string> Log { get; } = [];

    public IReadOnlyList<Sandbox> All
    {
        get
        {
            lock (_gate)
                return [.. _sandboxes.Values];
        }
    }

    public Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(All);

    public Task<string> RunAsync(SandboxWish wish, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Refusal is { } why)
                throw new SandboxException(why);
            Assert.DoesNotContain(_sandboxes.Values, each => each.Pod == wish.Pod && each.Attempt == wish.Attempt);
            var id = $"{node}-sandbox-{++_made}";
            Log.Add($"run {wish.Pod.Key}");
            _sandboxes[id] = new Sandbox
            {
                Id = id,
                Pod = wish.Pod,
                Attempt = wish.Attempt,
                IsReady = true,
                NetworkNamespace = wish.HostNetwork ? null : $"/run/netns/{id}",
                Addresses = wish.HostNetwork ? [] : [$"10.1.{node[^1]}.{_made}"],
                CreatedAt = DateTimeOffset.UtcNow,
            };
            return Task.FromResult(id);
        }
    }

    public Task StopAsync(string sandboxId, CancellationToken cancellationToken)
    {
        Change(sandboxId, sandbox =>
        {
            Log.Add($"stop {sandbox.Pod.Key}");
            return sandbox with { IsReady = false, NetworkNamespace = null, Containers = [.. sandbox.Containers.Select(each => Ended(each, 137))] };
        });
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string sandboxId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_sandboxes.Remove(sandboxId, out var gone))
                Log.Add($"remove {gone.Pod.Key}");
        }
        return Task.CompletedTask;
    }

    public Task<string> StartContainerAsync(string sandboxId, SandboxWish sandbox, ContainerWish wish, CancellationToken cancellationToken)
    {
        string? id = null;
        Change(sandboxId, known =>
        {
            Assert.DoesNotContain(known.Containers, each => each.Name == wish.Name && each.Attempt == wish.Attempt);
            id = $"{sandboxId}-{wish.Name}-{wish.Attempt}";
            Log.Add($"start {wish.Name} {wish.Attempt}");
            return known with
            {
                Containers = [.. known.Containers, new SandboxContainer { Id = id, Name = wish.Name, Attempt = wish.Attempt, Phase = ContainerPhase.Running, StartedAt = DateTimeOffset.UtcNow }],
            };
        });
        return Task.FromResult(id ?? throw new SandboxException("no such sandbox"));
    }

    public Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken)
    {
        // As the launcher's script and a well-behaved container do.
        End(containerId, 0);
        return Task.CompletedTask;
    }

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken)
    {
        foreach (var sandbox in All.Where(each => each.Containers.Any(one => one.Id == containerId)))
            Change(sandbox.Id, known => known with { Containers = [.. known.Containers.Where(each => each.Id != containerId)] });
        return Task.CompletedTask;
    }

    public Task ExecAsync(string containerId, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        lock (_gate)
            Log.Add($"exec {command[^1]}");
        if (!All.Any(each => each.Containers.Any(one => one.Id == containerId && one.Phase == ContainerPhase.Running)))
            throw new SandboxException("not running");
        if (command[^1].Contains("USR1", StringComparison.Ordinal))
            End(containerId, 0);
        if (command[^1].Contains("USR2", StringComparison.Ordinal))
            End(containerId, 1);
        return Task.CompletedTask;
    }

    /// <summary>Lets a container end.</summary>
    public void End(string containerId, int code)
    {
        foreach (var sandbox in All)
            Change(sandbox.Id, known => known with { Containers = [.. known.Containers.Select(each => each.Id == containerId ? Ended(each, code) : each)] });
    }

    private static SandboxContainer Ended(SandboxContainer container, int code) => container.Phase == ContainerPhase.Exited
        ? container
        : container with { Phase = ContainerPhase.Exited, ExitCode = code, FinishedAt = DateTimeOffset.UtcNow, Reason = code == 0 ? "Completed" : "Error" };

    private void Change(string id, Func<Sandbox, Sandbox> change)
    {
        lock (_gate)
        {
            if (_sandboxes.TryGetValue(id, out var known))
                _sandboxes[id] = change(known);
        }
    }
}
