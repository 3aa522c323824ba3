using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Vmnet.KubeVirt;

namespace Lab.Runner.Lifecycle;

/// <summary>What a lab's API tells of nodes, pods and instances, or that it does not answer.</summary>
internal sealed record ApiView(bool Reachable, IReadOnlySet<string> ReadyNodes, IReadOnlyList<PodSummary> Pods, IReadOnlyList<InstanceSummary> Instances)
{
    private static readonly ApiView Silent = new(Reachable: false, new HashSet<string>(), [], []);

    public static async Task<ApiView> ReadAsync(string kubeconfig, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        try
        {
            using var client = new KubeClient(KubeConnection.FromFile(kubeconfig));
            IReadOnlySet<string> nodes = await FabricLab.ReadyNodesAsync(client, limit.Token);
            var pods = await client.Resource(ResourceTypes.Pods).ListAsync(ListOptions.All, limit.Token);
            var instances = await client.Resource(KubeVirtTypes.Instances).ListAsync(ListOptions.All, limit.Token);
            return new ApiView(
                Reachable: true,
                nodes,
                [.. pods.Items.Select(p => new PodSummary(p.Metadata.Namespace ?? "", p.Metadata.Name ?? "", p.Status?.Phase, p.Spec?.NodeName, p.Status?.PodIP))],
                [.. instances.Items.Select(i => new InstanceSummary(
                    i.Metadata.Namespace ?? "",
                    i.Metadata.Name ?? "",
                    i.Status?.Phase,
                    i.Status?.NodeName,
                    [.. (i.Status?.Interfaces ?? []).Select(n => n.IpAddress).OfType<string>()]))]);
        }
        catch (Exception e) when (e is KubeException or KubeConfigException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Silent;
        }
    }
}
