using Cni.Agent.Attaching;
using Fabric.Kube;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent;

/// <summary>
/// Asks those on whom an attachment depends: the switch's database, OVN's bridge in it, the Kubernetes API. Endpoints that are
/// plugged in need the switch and not the API.
/// </summary>
internal sealed class NodeHealth(OvsdbClient ovsdb, KubeClient client) : INodeHealth
{
    // A runtime asks for STATUS often and waits for the answer; an API that takes longer does not serve an ADD either.
    private static readonly TimeSpan ApiBudget = TimeSpan.FromSeconds(2);

    public async Task<NodeFault?> FaultAsync(CancellationToken cancellationToken)
    {
        if (!ovsdb.IsConnected)
        {
            return new NodeFault($"Open vSwitch's database does not answer: {ovsdb.LastFault?.Message}", CutsOff: true);
        }

        if (ovsdb.Snapshot.Table<Bridge>().FindByName(EndpointPlan.Bridge) is null)
        {
            return new NodeFault($"Open vSwitch has no bridge {EndpointPlan.Bridge}, which ovn-controller makes (package ovn-host)", CutsOff: true);
        }

        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(ApiBudget);
        try
        {
            return await client.IsReadyAsync(budget.Token) ? null : new NodeFault("the Kubernetes API is not ready", CutsOff: false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new NodeFault($"the Kubernetes API does not answer within {ApiBudget.TotalSeconds:0} s", CutsOff: false);
        }
    }
}
