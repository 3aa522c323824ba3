using Fabric.Primitives;
using Lab.Cluster.Guests;
using Lab.Cluster.Sandboxes;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Bindings;

/// <summary>Joins a guest's interfaces to the network of its launcher pod.</summary>
public interface IBindings
{
    /// <summary>Binds one interface on the pod network; what is bound already stays as it is.</summary>
    /// <param name="launcher">Where.</param>
    /// <param name="nic">The interface.</param>
    /// <param name="ports">With masquerade, the ports forwarded to the guest; all when empty.</param>
    /// <param name="cancellationToken">Ends the wait; what is done stays and is met again.</param>
    /// <returns>The tap that the guest goes behind, and its address.</returns>
    /// <exception cref="GuestException">It could not be bound.</exception>
    Task<GuestNic> BindAsync(Launcher launcher, VmNic nic, EquatableArray<VmPort> ports, CancellationToken cancellationToken);
}

/// <summary>A launcher that runs.</summary>
/// <param name="NetworkNamespace">Path of its network namespace.</param>
/// <param name="Node">Its node's container runtime.</param>
/// <param name="ContainerId">The container that holds the guest.</param>
public sealed record Launcher(string NetworkNamespace, ISandboxes Node, string ContainerId);
