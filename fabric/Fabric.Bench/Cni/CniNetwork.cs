using Fabric.Bench.Nics;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Bench.Cni;

/// <summary>The objects of the benchmark: a subnet for the pods of the node, and others full of pods elsewhere, all in one routing domain.</summary>
internal static class CniNetwork
{
    internal const string Namespace = "bench";

    /// <summary>Where the pods are that only fill OVN.</summary>
    internal const string Elsewhere = "elsewhere";

    /// <summary>The most pods on the node at a time: a limit of the machine rather than of anything here.</summary>
    internal const int MostTogether = 1000;

    internal const int MostElsewhere = 250 * PodsInSubnet;

    private const string NodeSubnet = "bench-node";
    private const int PodsInSubnet = 240;

    internal static string NicOf(string pod) => NicName.ForPod(pod, NicOwners.Device);

    internal static IEnumerable<Subnet> Subnets(int pods)
    {
        yield return SubnetOf(NodeSubnet, "10.99.0.0/16");
        for (var i = 0; i < (pods + PodsInSubnet - 1) / PodsInSubnet; i++)
        {
            yield return SubnetOf(FillingSubnet(i), $"10.100.{i}.0/24");
        }
    }

    /// <summary>A pod of the node that is measured.</summary>
    internal static Pod PodOn(string node, string name) => PodOf(name, node, NodeSubnet);

    /// <summary>A pod that fills OVN, by its number.</summary>
    internal static Pod Filling(int number) => PodOf($"filling-{number}", Elsewhere, FillingSubnet(number / PodsInSubnet));

    private static string FillingSubnet(int number) => $"bench-{number}";

    private static Subnet SubnetOf(string name, string cidr) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse(cidr) } },
    };

    private static Pod PodOf(string name, string node, string subnet) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = Namespace, Annotations = [KeyValuePair.Create(FabricApi.SubnetAnnotation, subnet)] },
        Spec = new PodSpec { NodeName = node, Containers = [new PodContainer { Name = "main", Image = "registry.example/app:1" }] },
    };
}
