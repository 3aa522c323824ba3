using Fabric.Kube;
using Fabric.Kube.Informers;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt;

namespace Lab.Cluster;

/// <summary>One copy of each kind for all who look at it.</summary>
internal sealed class ClusterCache(KubeClient client)
{
    public Informer<Node> Nodes { get; } = new(client, ResourceTypes.Nodes);

    public Informer<Pod> Pods { get; } = new(client, ResourceTypes.Pods);

    public Informer<VirtualMachine> Vms { get; } = new(client, KubeVirtTypes.VirtualMachines);

    public Informer<VirtualMachineInstance> Instances { get; } = new(client, KubeVirtTypes.Instances);

    public Informer<VirtualMachineInstanceMigration> Migrations { get; } = new(client, KubeVirtTypes.Migrations);

    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Nodes.RunAsync(cancellationToken),
        Pods.RunAsync(cancellationToken),
        Vms.RunAsync(cancellationToken),
        Instances.RunAsync(cancellationToken),
        Migrations.RunAsync(cancellationToken));
}
