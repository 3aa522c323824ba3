using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Fabric.Resources.Core;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Observing;

/// <summary>
/// Looks at the peers every few seconds and keeps the Node's conditions as they are. They are merged into the kubelet's by
/// their type, and written only when one of them changes: a cluster has many nodes and one API.
/// </summary>
internal sealed class NodeReporter(KubeClient client, string node, PeerWatch peers, StatusReader status, TimeSpan period, TimeProvider time, ILogger logger)
{
    // How long a Node that was made anew, or a condition that somebody removed, may go without.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(5);

    // An agent that ends must not wait for an API that is away.
    private static readonly TimeSpan FarewellBudget = TimeSpan.FromSeconds(2);

    private IReadOnlyList<StatusCondition> _written = [];
    private DateTimeOffset _looked;
    private string? _trouble;

    /// <summary>Reports until cancelled, and then that the agent has ended.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(period, time);
        try
        {
            do
            {
                var found = await peers.AskAsync(cancellationToken);
                await ReportAsync(NodeConditions.Of(found, status.Features, StatusReader.VersionsOf(found), status.FastPath), cancellationToken);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        finally
        {
            using var budget = new CancellationTokenSource(FarewellBudget);
            await ReportAsync([NodeConditions.Stopped], budget.Token);
        }
    }

    private async Task ReportAsync(IReadOnlyList<StatusCondition> wanted, CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() - _looked < LookAgain && wanted.All(_written.Contains))
        {
            return;
        }

        try
        {
            if (await TryWriteAsync(wanted, cancellationToken))
            {
                (_written, _looked, _trouble) = (wanted, time.GetUtcNow(), null);
                return;
            }

            // The kubelet makes it; until then there is nobody to tell.
            Say($"there is no Node {node} yet");
        }
        catch (KubeException e)
        {
            Say(e.Message);
        }
    }

    private void Say(string trouble)
    {
        if (_trouble != trouble)
        {
            logger.LogWarning("The conditions of Node {Node} cannot be written; trying again: {Message}", node, trouble);
            _trouble = trouble;
        }
    }

    /// <returns>False when there is no such Node.</returns>
    private async Task<bool> TryWriteAsync(IReadOnlyList<StatusCondition> wanted, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(node);
        if (await client.Resource(ResourceTypes.Nodes).GetAsync(key, cancellationToken) is not { } current)
        {
            return false;
        }

        var changes = NodeConditions.Changes(current.Status?.Conditions, wanted, time.GetUtcNow());
        if (changes.Count > 0)
        {
            var conditions = JsonSerializer.SerializeToNode(new NodeStatus { Conditions = [.. changes] }, ResourceJson.Default.NodeStatus);
            await client.Resource(ResourceTypes.Nodes).PatchStatusAsync(key, KubePatch.StrategicMerge(new JsonObject { ["status"] = conditions }), cancellationToken);
        }

        return true;
    }
}
