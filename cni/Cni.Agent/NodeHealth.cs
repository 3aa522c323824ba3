using Cni.Agent.Attaching;
using Cni.Agent.Observing;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent;

/// <summary>
/// Asks those on whom an attachment depends: the switch's database, its daemon, OVN's bridge and controller, the Kubernetes API.
/// Endpoints that are plugged in need the switch; the others they need only for what changes.
/// </summary>
internal sealed class NodeHealth(OvsdbClient ovsdb, PeerWatch peers) : INodeHealth
{
    public async Task<NodeFault?> FaultAsync(CancellationToken cancellationToken)
    {
        if (ovsdb.IsConnected && ovsdb.Snapshot.Table<Bridge>().FindByName(EndpointPlan.Bridge) is null)
        {
            return new NodeFault($"Open vSwitch has no bridge {EndpointPlan.Bridge}, which ovn-controller makes (package ovn-host)", CutsOff: true);
        }

        // The switch is asked first, and so named first.
        return (await peers.AskAsync(cancellationToken)).FirstOrDefault(peer => !peer.IsUp) is { } down
            ? new NodeFault($"{(down.Name == PeerWatch.Api ? "the Kubernetes API" : down.Name + ":")} {down.Problem}", CutsOff: down.Name is PeerWatch.Database or PeerWatch.Switch)
            : null;
    }
}
