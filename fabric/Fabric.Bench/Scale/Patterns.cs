using Fabric.Bench.Nics;
using Fabric.Bench.Population;
using Fabric.Bench.Servers;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Bench.Scale;

/// <summary>A Subnet and an attached Nic as the control plane makes them, and the whole network after their pattern.</summary>
internal sealed class Patterns(SubnetPattern subnet, NicPattern nic)
{
    private const string PodName = "pattern-pod";
    private const string NodeName = "pattern-node";

    /// <summary>Every object of the network, in the order in which they are to be written.</summary>
    internal IEnumerable<string> Network(ScaleOptions options) =>
        Enumerable.Range(0, options.Subnets).Select(i => subnet.Copy(ScaleNetwork.SubnetName(i), ScaleNetwork.CidrOf(i)))
            .Concat(Enumerable.Range(0, options.Nics).SelectMany(i => nic.Copy(ScaleNetwork.Nic(i, options))));

    /// <summary>Has the control plane make a Subnet and the Nic of a pod, plays the agent that attaches it, and reads what came of it.</summary>
    internal static async Task<Patterns> MakeAsync(ControlPlane plane, CancellationToken cancellationToken)
    {
        var client = plane.Connect();
        using var api = plane.ConnectText();
        await client.Resource(ResourceTypes.Namespaces).CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = ScaleNetwork.Namespace } }, cancellationToken);
        await client.Resource(ResourceTypes.Subnets).CreateAsync(
            new Subnet { Metadata = new ObjectMeta { Name = ScaleNetwork.PatternSubnet }, Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = ScaleNetwork.PatternCidr } } },
            cancellationToken);
        await using (var watch = await NicWatch.StartAsync(client, ScaleNetwork.Namespace, cancellationToken))
        {
            var pod = await client.Resource(ResourceTypes.Pods).CreateAsync(Workloads.Pod(PodName, ScaleNetwork.PatternSubnet, NodeName), cancellationToken);
            await watch.WaitAsync(Workloads.NicOf(PodName), progress => progress.Ready, cancellationToken);
            await client.Resource(ResourceTypes.Nics).MutateStatusAsync(
                new ObjectKey(ScaleNetwork.Namespace, Workloads.NicOf(PodName)), nic => Attached(nic, pod), cancellationToken);
        }

        await plane.WaitQuietAsync(cancellationToken);
        return new Patterns(
            await SubnetPattern.CaptureAsync(api, ScaleNetwork.PatternSubnet, ScaleNetwork.PatternCidr, cancellationToken),
            await NicPattern.CaptureAsync(client, api, new ObjectKey(ScaleNetwork.Namespace, PodName), NicOwners.Device, cancellationToken));
    }

    /// <summary>As a node's agent reports it.</summary>
    private static Nic Attached(Nic nic, Pod pod) => nic with
    {
        Status = nic.Status! with
        {
            Attachments =
            [
                new NicAttachment { Node = NodeName, PodName = PodName, PodUid = pod.Metadata.Uid!, Interface = NicOwners.Device, Phase = AttachmentPhase.Attached },
            ],
        },
    };
}
