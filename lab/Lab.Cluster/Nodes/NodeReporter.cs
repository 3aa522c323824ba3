using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Kubelet;
using Microsoft.Extensions.Logging;

namespace Lab.Cluster.Nodes;

/// <summary>Keeps a node's object there and its status fresh.</summary>
internal sealed class NodeReporter(LabNode node, SandboxRelist runtime, KubeClient client, TimeSpan heartbeat, ILogger logger)
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    private readonly KubeResource<Node> _nodes = client.Resource(ResourceTypes.Nodes);
    private readonly TimeProvider _time = client.Options.Time;

    /// <summary>Reports until cancelled: at each heartbeat, and as soon as the runtime begins or ceases to answer.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookPeriod, _time);
        (string? Failure, DateTimeOffset At)? last = null;
        do
        {
            var now = _time.GetUtcNow();
            var failure = runtime.Failure;
            if (last is { } told && told.Failure == failure && now - told.At < heartbeat)
                continue;
            try
            {
                await ReportAsync(failure, now, cancellationToken);
                last = (failure, now);
            }
            catch (KubeException e)
            {
                logger.LogWarning("node {Node} could not be reported: {Message}", node.Name, e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task ReportAsync(string? failure, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(node.Name);
        if (await _nodes.MutateAsync(key, known => known with { Metadata = NodeObject.WithLabels(known.Metadata, node) }, cancellationToken) is null)
            await _nodes.CreateAsync(NodeObject.New(node), cancellationToken);
        await _nodes.MutateStatusAsync(key, known => known with { Status = NodeObject.Status(known.Status, node, failure, now) }, cancellationToken);
    }
}
