using Fabric.Bench.Load;
using Fabric.Kube;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Bench.Nics;

/// <summary>
/// Pods for Nics to belong to: the control plane removes a Nic whose owner is not there. They name no subnet and there
/// is no default one, so that nobody but the benchmark makes their Nics.
/// </summary>
internal sealed class NicOwners(IReadOnlyList<KubeClient> clients, string ns)
{
    /// <summary>The pods' network device.</summary>
    internal const string Device = "eth0";

    /// <summary>Makes pods, all clients at once.</summary>
    /// <param name="pods">Their names, and the subnets their Nics are to be in.</param>
    /// <returns>The Nics to make for them, in the same order.</returns>
    internal async Task<Nic[]> CreateAsync(IReadOnlyList<(string Name, string Subnet)> pods, CancellationToken cancellationToken)
    {
        var nics = new Nic[pods.Count];
        await ClosedLoop.RunAsync(
            clients.Count, pods.Count,
            async (client, i, token) => nics[i] = NicOf(await clients[client].Resource(ResourceTypes.Pods).CreateAsync(PodNamed(pods[i].Name), token), pods[i].Subnet),
            cancellationToken);
        return nics;
    }

    /// <summary>Deletes the pods of Nics, whereupon the control plane deletes the Nics.</summary>
    internal Task DeleteAsync(IReadOnlyList<Nic> nics, CancellationToken cancellationToken) => ClosedLoop.RunAsync(
        clients.Count, nics.Count,
        (client, i, token) => clients[client].Resource(ResourceTypes.Pods)
            .DeleteAsync(new ObjectKey(ns, nics[i].Spec.Owner.Name), new DeleteOptions { GracePeriodSeconds = 0 }, token),
        cancellationToken);

    private Pod PodNamed(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = ns },
        Spec = new PodSpec { Containers = [new PodContainer { Name = "main", Image = "registry.example/app:1" }] },
    };

    private Nic NicOf(Pod pod, string subnet) => new()
    {
        Metadata = new ObjectMeta { Name = NicName.ForPod(pod.Metadata.Name!, Device), Namespace = ns },
        Spec = new NicSpec
        {
            Subnet = subnet,
            Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = pod.Metadata.Name!, Uid = pod.Metadata.Uid! },
            Interface = Device,
        },
    };
}
