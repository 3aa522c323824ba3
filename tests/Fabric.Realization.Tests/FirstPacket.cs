using Fabric.Policy.Evaluating;
using Fabric.Resources;

namespace Fabric.Realization.Tests;

/// <summary>The first packet of a connection as ovn-trace(8) is asked of it.</summary>
public static class FirstPacket
{
    /// <summary>The arguments but for the database.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="subnet">The sender's.</param>
    /// <param name="port">The sender's port.</param>
    /// <param name="from">The sender's MAC.</param>
    /// <param name="to">The MAC that it sends to.</param>
    public static string[] Arguments(Connection connection, string subnet, string port, string from, string to)
    {
        var version = connection.To.Address.IsV4 ? "4" : "6";
        var inner = connection.Protocol switch
        {
            SecurityProtocol.TCP => $"tcp.src == 40000 && tcp.dst == {connection.Port} && tcp.flags == 2",
            SecurityProtocol.UDP => $"udp.src == 40000 && udp.dst == {connection.Port}",
            SecurityProtocol.SCTP => $"sctp.src == 40000 && sctp.dst == {connection.Port}",
            _ => $"icmp{version}.type == {connection.IcmpType} && icmp{version}.code == {connection.IcmpCode}",
        };
        return
        [
            // Every stage that asks the tracker hears of a new connection.
            "--summary", .. Enumerable.Repeat("--ct=new", 4), NorthboundNames.Switch(subnet),
            $"inport == \"{port}\" && eth.src == {from} && eth.dst == {to} && ip.ttl == 64 "
            + $"&& ip{version}.src == {connection.From.Address} && ip{version}.dst == {connection.To.Address} && {inner}",
        ];
    }
}
