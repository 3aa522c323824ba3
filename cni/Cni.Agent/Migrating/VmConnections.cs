using System.Net.Sockets;
using Cni.Datapath.Conntrack;
using Fabric.Primitives;
using Fabric.Resources;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Ovs.Vswitch;
using Ovs.Vswitch.Control;

namespace Cni.Agent.Migrating;

/// <summary>
/// Reads which connections a VM has opened, for the node that it goes to. There connection tracking begins empty: an answer to the VM
/// would be a connection that somebody opens to it, which its rules may forbid, until the VM itself sends again, if it ever does.
/// </summary>
/// <remarks>Those that others opened to it are known there by what they send, which goes to both nodes meanwhile.</remarks>
internal sealed class VmConnections(OvsdbReplica vswitch, IReadOnlyList<string> folders, ILogger logger)
{
    private const string Program = "ovs-vswitchd";
    private const string IntegrationBridge = "br-int";

    // ovn-controller(8): the zone of a logical port.
    private const string ZonePrefix = "ct-zone-";

    // A frame of each is sent at a time.
    private const int MostConnections = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <returns>A frame of each connection that the VM has opened, as it might have sent it.</returns>
    internal async Task<IReadOnlyList<byte[]>> ReadAsync(NicStatus nic, EquatableArray<IpAddress> addresses, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            if (nic is not { MacAddress: { } mac, Port: { } port } || ZoneOf(port) is not { } zone || ControlSocket.Find(folders, Program) is not { } vswitchd)
            {
                return [];
            }

            var table = await vswitchd.CallAsync("dpctl/dump-conntrack", patience.Token, $"zone={zone}");
            return
            [
                .. table.Split('\n').Select(TrackedConnection.Parse).OfType<TrackedConnection>().Where(each => addresses.Contains(each.Source))
                    .Take(MostConnections).Select(each => ConnectionFrame.Of(each, mac)),
            ];
        }
        catch (Exception e) when (e is IOException or SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            logger.LogWarning("The connections of port {Port} are not known: {Message}", nic.Port, e.Message);
            return [];
        }
    }

    private string? ZoneOf(string port) =>
        vswitch.Snapshot.Table<Bridge>().FindByName(IntegrationBridge) is { } bridge && bridge.ExternalIds.TryGetValue(ZonePrefix + port, out var zone) ? zone : null;
}
