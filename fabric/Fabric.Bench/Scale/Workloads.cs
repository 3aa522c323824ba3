using Fabric.Bench.Nics;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Bench.Scale;

/// <summary>Pods whose Nics the control plane makes.</summary>
internal static class Workloads
{
    internal static string NicOf(string pod) => NicName.ForPod(pod, NicOwners.Device);

    internal static Pod Pod(string name, string subnet, string? node) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = ScaleNetwork.Namespace,
            Annotations = [KeyValuePair.Create(FabricApi.SubnetAnnotation, subnet)],
        },
        Spec = new PodSpec { NodeName = node, Containers = [new PodContainer { Name = "main", Image = "registry.example/app:1" }] },
    };
}
