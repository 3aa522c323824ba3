namespace Lab.Cluster.Sandboxes;

/// <summary>The container runtime of one node, as far as a kubelet needs it (the Container Runtime Interface).</summary>
/// <remarks>Stopping and removing what is stopped or gone succeeds; everything else that cannot be done is a <see cref="SandboxException"/>.</remarks>
public interface ISandboxes
{
    /// <summary>All sandboxes of the node with their containers, running or not.</summary>
    Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Makes a pod's sandbox: its network namespace, which the runtime has its CNI plugins set up.</summary>
    /// <returns>The sandbox's id, which is CNI's container id.</returns>
    /// <exception cref="SandboxException">The runtime or a CNI plugin refused; nothing of it is left.</exception>
    Task<string> RunAsync(SandboxWish wish, CancellationToken cancellationToken);

    /// <summary>Ends a sandbox's containers and takes its network down (CNI DEL); what is left can be looked at.</summary>
    Task StopAsync(string sandboxId, CancellationToken cancellationToken);

    /// <summary>Removes a stopped sandbox with its containers.</summary>
    Task RemoveAsync(string sandboxId, CancellationToken cancellationToken);

    /// <summary>Makes a container in a sandbox and starts it.</summary>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="sandbox">What the sandbox was made from, which the interface asks for again.</param>
    /// <param name="wish">The container.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <returns>The container's id.</returns>
    Task<string> StartContainerAsync(string sandboxId, SandboxWish sandbox, ContainerWish wish, CancellationToken cancellationToken);

    /// <summary>Asks a container's first process to end (SIGTERM), and ends it when it has not after <paramref name="grace"/>.</summary>
    Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>Removes a container that has ended.</summary>
    Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Runs a command in a container to its end.</summary>
    /// <exception cref="SandboxException">It could not run, or ended with another code than 0.</exception>
    Task ExecAsync(string containerId, IReadOnlyList<string> command, CancellationToken cancellationToken);
}
